package ensure

import (
	"context"
	"errors"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// refuse marks the requests that the decision refuses, under the lease.
func (p *pass) refuse(ctx context.Context) (lease.Reply, error) {
	for _, refusal := range p.decision.Refused {
		request := refusal.Request
		request.Status, request.Reasons, request.Finished = claim.Refused, refusal.Reasons, p.now()
		err := p.Claims.Refuse(ctx, request, p.step)
		if errors.Is(err, ErrFenced) {
			return lease.Reply{Failed: true}, nil
		}
		if err != nil {
			return lease.Reply{}, err
		}
		p.state = p.state.Refused(request)
	}
	return lease.Reply{Plan: p.decide()}, nil
}
