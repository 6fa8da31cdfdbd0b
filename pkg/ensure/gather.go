package ensure

import (
	"context"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
)

// pauses are how long a holder waits before its next round where the bell rang
// in this one: not after its first round, which may have met but one burst;
// then longer, up to a second. Each round describes the group, reads all that is
// asked of it, and tells the bus, so in a storm a round for many is what keeps
// EC2's buckets from running dry.
var pauses = [...]time.Duration{0, 500 * time.Millisecond, time.Second}

// gather lets others ring before the next round, which serves all who did. What
// the refused release saw is replaced by what the head says after that: it is as
// if the release had been tried only then, and been refused all the same, since
// tickets never fall.
func (w *walk) gather(ctx context.Context, refused lease.Reply) (lease.Reply, error) {
	pause := pauses[min(w.rung, len(pauses)-1)]
	w.rung++
	if pause == 0 || w.state.Deadline-instant(w.now().Add(pause)) < lease.MinRing {
		return refused, nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return refused, nil
	}
	peek := w.state
	peek.Op = lease.Peek
	reply, ledger, err := w.Leases.Perform(ctx, w.group, peek, claim.Ledger{})
	if err != nil {
		return lease.Reply{}, err
	}
	w.ledger = ledger
	reply.Failed = true
	return reply, nil
}
