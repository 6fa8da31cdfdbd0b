package ensure_test

import (
	"fmt"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/trace"
)

// record keeps a step that the process logged. A dead process logs nothing.
func (p *simProcess) record(line []byte) {
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	if !p.dead {
		p.sim.recorded.Write(line)
	}
}

// checkTrace checks the recorded steps of all groups against the protocol.
func (s *simulation) checkTrace() {
	var log trace.Log
	if err := log.Read("log", &s.recorded); err != nil {
		s.violated("the trace cannot be read: %v", err)
	}
	for _, fault := range log.Faults {
		s.violated("the trace cannot be read: %s", fault)
	}
	for _, r := range trace.Check(log.Lines, true) {
		if r.Broken != nil {
			s.violated("the trace of %s does not conform: %s", r.Group, brokenText(r.Broken))
			continue
		}
		s.conform++
	}
}

func brokenText(b *trace.Broken) string {
	var text strings.Builder
	for _, e := range b.Before {
		if e.Line == nil {
			fmt.Fprintf(&text, "\n  %s", e.Unlogged)
			continue
		}
		fmt.Fprintf(&text, "\n  %s", marshal(e.Line))
	}
	fmt.Fprintf(&text, "\n  %s\n  %s", marshal(b.Line), b.Why)
	return text.String()
}
