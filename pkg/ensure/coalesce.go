package ensure

import (
	"context"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// pauses are how long a holder waits before its next round if others rang during this one. The
// first round may have met a single burst, so no wait follows it. Later waits are longer, up
// to a second. Each round describes the group, reads all of its requests and publishes. In a
// storm, one round for many tickets keeps EC2's token buckets from running dry.
var pauses = [...]time.Duration{0, 500 * time.Millisecond, time.Second}

// coalesce waits for more tickets, which the next round serves together. It returns the head
// as read after the pause, in place of the head that the refused release returned. The release
// would have been refused then, too, because tickets never decrease.
func (p *pass) coalesce(ctx context.Context, refused lease.Reply) (lease.Reply, error) {
	pause := pauses[min(p.contended, len(pauses)-1)]
	p.contended++
	if pause == 0 || p.step.Deadline-instant(p.now().Add(pause)) < lease.MinRing {
		return refused, nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return refused, nil
	}
	return p.lookAgain(ctx)
}

// lookAgain reads the head, in the form of the reply to a write that the head refused. So the pass
// begins another round, or rings again if it does not hold the lease any more.
func (p *pass) lookAgain(ctx context.Context) (lease.Reply, error) {
	peek := p.step
	peek.Op = lease.Peek
	reply, ledger, err := p.Leases.Perform(ctx, p.group, peek, nil)
	if err != nil {
		return lease.Reply{}, err
	}
	p.ledger = ledger
	reply.Failed = true
	return reply, nil
}
