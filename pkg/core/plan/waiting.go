package plan

import (
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Wait moves the accepted requests that need a held-back rule to Waiting, with the reason
// given for that rule.
func (p *Plan) Wait(held map[secgroup.Rule]string) {
	if len(held) == 0 {
		return
	}
	ownerless := make(map[secgroup.Rule]string, len(held))
	for rule, reason := range held {
		ownerless[rule.WithoutOwner()] = reason
	}
	var accepted []claim.Request
	for _, r := range p.Accepted {
		if reason := firstHeld(r, ownerless); reason != "" {
			p.Waiting = append(p.Waiting, Refusal{r, claim.Faults{{Field: "/rules", Problem: reason}}})
		} else {
			accepted = append(accepted, r)
		}
	}
	p.Accepted = accepted
}

func firstHeld(r claim.Request, held map[secgroup.Rule]string) string {
	for _, entry := range r.Rules {
		if reason := held[entry.Rule.WithoutOwner()]; reason != "" {
			return reason
		}
	}
	return ""
}
