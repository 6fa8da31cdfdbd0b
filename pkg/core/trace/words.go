package trace

import (
	"fmt"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// opOf returns the effect with a name.
func opOf(name string) (lease.Op, bool) {
	for op := lease.Claim; op <= lease.Done; op++ {
		if op.String() == name {
			return op, true
		}
	}
	return 0, false
}

func resultOf(name string) (lease.Result, bool) {
	if name == "" {
		return lease.Unfinished, true
	}
	for r := lease.Unfinished; r <= lease.Retry; r++ {
		if r.String() == name {
			return r, true
		}
	}
	return 0, false
}

func claimedOf(name string) (lease.Claimed, bool) {
	i := slices.Index(claimedNames[:], name)
	return lease.Claimed(max(i, 0)), i >= 0 || name == ""
}

// reply returns the reply as [lease.Step] takes it.
func (l *Line) reply() lease.Reply {
	r := lease.Reply{Now: l.At, Lost: l.Lost, Failed: l.Failed}
	r.Claimed, _ = claimedOf(l.Claimed)
	for _, part := range planParts {
		*part.of(&r.Plan) = slices.Contains(l.Plan, part.name)
	}
	if l.Head != nil {
		r.Head = l.Head.lease()
	}
	return r
}

// state returns the pass after the step.
func (l *Line) state() lease.State {
	s := lease.State{
		Owner: lease.Owner{Nonce: l.Pass, Entry: l.After.Entry}, Deadline: l.Deadline,
		Ticket: l.After.Ticket, Seen: l.After.Seen, Tries: l.After.Tries,
	}
	s.Op, _ = opOf(l.After.Step)
	s.Claimed, _ = claimedOf(l.After.Claimed)
	s.Result, _ = resultOf(l.After.Result)
	if l.After.Found != nil {
		s.Found = l.After.Found.lease()
	}
	return s
}

// check returns an error if the line has words that no function writes.
func (l *Line) check() error {
	for _, op := range []string{l.Step, l.After.Step} {
		if _, ok := opOf(op); !ok {
			return fmt.Errorf("unknown step %q", bounded(op, maxName))
		}
	}
	_, claimed := claimedOf(l.Claimed)
	_, after := claimedOf(l.After.Claimed)
	_, result := resultOf(l.After.Result)
	if !claimed || !after || !result || l.Step == lease.Done.String() {
		return fmt.Errorf("unknown words in step %d of %s", l.Number, bounded(l.Pass, maxName))
	}
	if l.Pass == "" || l.Group == "" || l.Number < 0 {
		return fmt.Errorf("a step without a pass, a group or a number: %q", bounded(l.Step, maxName))
	}
	return nil
}
