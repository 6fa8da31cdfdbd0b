package ensure

import (
	"context"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/lease"
)

// pauses are how long a holder waits before its next round if others rang during this
// one. It does not wait after its first round, which may have met a single burst. Then
// it waits longer, up to a second. Each round describes the group, reads all of its
// requests and publishes. In a storm, one round for many tickets keeps EC2's buckets
// from running dry.
var pauses = [...]time.Duration{0, 500 * time.Millisecond, time.Second}

// coalesce lets others ring before the next round, which serves all of them. The head
// as it is after the pause replaces the one that the refused release saw. That is as if
// the release had been tried only then: it would have been refused all the same,
// because tickets never fall.
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
