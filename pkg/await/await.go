// Package await is the use case of a launcher that waits: it finds out from the table whether a
// request is served or refused, and whether an end is served. It writes nothing.
//
//   - [Waiter.Wait] finds the owner of the launch and the group (subject.go). Then it reads the
//     table until the outcome is known, or until the wait's time is over.
//   - request.go and end.go read the few items that decide.
//   - judge.go has the verdicts, as pure functions.
package await

import (
	"context"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
)

// Waiter answers waits. All fields except Guard and Serves are required.
type Waiter struct {
	Table   Table
	Names   Names
	Guard   *guard.Guard // finds the owner of a launch; nil: the guardrails could not be loaded
	Account string       // of the function
	Observe bool         // sgkeeper writes nothing to EC2
	// Serves reports whether groups of an account and Region are served. A name of a group is
	// looked up only there. nil: all are.
	Serves func(account, region string) bool
}

// Intervals between two reads of the table.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = time.Second
)

// Wait returns the outcome of a wait: one for each group. It reads the table until no outcome
// is queued, or until the wait's Hold or ctx ends; it reads it at least once. If the last read
// failed, Wait returns its error, and a queued outcome with the error as its reason.
func (w *Waiter) Wait(ctx context.Context, m events.Message) ([]events.Outcome, error) {
	s, faults := w.subject(ctx, m)
	if faults != nil {
		return []events.Outcome{{Launch: m.Launch.Name, Group: m.Group, Status: events.Rejected, Reasons: faults}}, nil
	}
	hold := time.NewTimer(m.Wait.Hold)
	defer hold.Stop()
	last := m.Wait.Hold <= 0
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		outcomes, err := s.poll(ctx)
		if last || !slices.ContainsFunc(outcomes, isQueued) {
			return outcomes, err
		}
		select {
		case <-time.After(pause):
		case <-hold.C:
			last = true // one more read, because the outcome may be known by now
		case <-ctx.Done():
			return outcomes, err
		}
	}
}

func isQueued(o events.Outcome) bool { return o.Status == events.Queued }

// poll reads the table once.
func (s *subject) poll(ctx context.Context) (outcomes []events.Outcome, err error) {
	if s.wait.End != nil {
		outcomes, err = s.pollEnd(ctx)
	} else {
		outcomes, err = s.pollRequest(ctx)
	}
	if err != nil {
		v := queued("", "sgkeeper's table cannot be read now: %v", err)
		return []events.Outcome{s.outcome(s.launches[0], s.group, v)}, err
	}
	return outcomes, nil
}
