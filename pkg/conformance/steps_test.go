package conformance_test

import (
	"bytes"
	"encoding/json"
	"sync"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/trace"
)

// steps are the log lines of all processes with a step of a pass.
type steps struct {
	mu  sync.Mutex
	log bytes.Buffer
}

func (s *steps) add(line []byte) {
	if !bytes.Contains(line, []byte(`"message":"step"`)) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.Write(line)
}

// lineSplitter passes on the whole lines of one process. A killed process may leave a part of a
// line.
type lineSplitter struct {
	to   *steps
	part []byte
}

// Write implements io.Writer.
func (w *lineSplitter) Write(b []byte) (int, error) {
	w.part = append(w.part, b...)
	for {
		end := bytes.IndexByte(w.part, '\n')
		if end < 0 {
			return len(b), nil
		}
		w.to.add(w.part[:end+1])
		w.part = w.part[end+1:]
	}
}

// check fails the test if the steps of a group do not conform to the protocol. It returns the
// number of steps.
func (s *steps) check(t *testing.T) int {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var log trace.Log
	if err := log.Read("log", bytes.NewReader(s.log.Bytes())); err != nil || len(log.Faults) > 0 {
		t.Errorf("the steps cannot be read: %v %v", err, log.Faults)
	}
	for _, r := range trace.Check(log.Lines, true) {
		if len(r.Gaps) > 0 {
			t.Errorf("%s: gaps: %v", r.Group, r.Gaps)
		}
		if b := r.Broken; b != nil {
			line, _ := json.Marshal(b.Line)
			t.Errorf("the steps on %s do not conform: %s\n%s", r.Group, b.Why, line)
		}
	}
	if len(log.Lines) < launchCount {
		t.Errorf("%d steps of %d launches", len(log.Lines), launchCount)
	}
	return len(log.Lines)
}
