package group

import (
	"fmt"
	"maps"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// HeldBack is a rule that must not be authorized now. The requests that need it wait.
type HeldBack struct {
	Rule      secgroup.Rule
	Reason    string
	Contested bool // an outsider keeps removing it
}

// holdBack holds back the rules that must not be authorized now, and every change while the
// group is frozen. The requests that need such a rule wait.
func (s State) holdBack(d Decision) Decision {
	reasons := make(map[secgroup.Rule]string)
	keep := func(e secgroup.Entry) bool {
		held := s.heldBack(e.Rule)
		if held.Reason == "" {
			return false
		}
		reasons[e.Rule] = held.Reason
		d.HeldBack = append(d.HeldBack, held)
		return true
	}
	d.Authorize = slices.DeleteFunc(d.Authorize, keep)
	d.Confirm = slices.DeleteFunc(d.Confirm, keep)
	d.Plan.Wait(s.waitingFor(d, reasons))
	if frozen := s.Ledger.Frozen; frozen != "" {
		for _, refusal := range d.Refused {
			refusal.Reasons = claim.Faults{{Field: "/group", Problem: s.heldBack(secgroup.Rule{}).Reason}}
			d.Waiting = append(d.Waiting, refusal)
		}
		d.Refused, d.Revoke, d.Later, d.Blind = nil, nil, nil, nil
	}
	return d
}

// waitingFor adds the rules that only a held-back assumed rule covers.
func (s State) waitingFor(d Decision, reasons map[secgroup.Rule]string) map[secgroup.Rule]string {
	if len(reasons) == 0 {
		return reasons
	}
	all := maps.Clone(reasons)
	certain := secgroup.NewCover(secgroup.Rules(s.Certain()))
	for _, c := range d.Covered {
		for _, by := range c.By {
			if reason := reasons[by.Rule]; reason != "" && !certain.Covers(c.Rule.Rule) {
				all[c.Rule.Rule] = reason
			}
		}
	}
	return all
}

// heldBack returns the rule with the reason why it must not be authorized now, or the
// zero HeldBack.
func (s State) heldBack(r secgroup.Rule) HeldBack {
	because := func(format string, args ...any) HeldBack {
		return HeldBack{Rule: r, Reason: fmt.Sprintf(format, args...)}
	}
	fault, rejected := s.round.faults[r.WithoutOwner()]
	switch {
	case s.Ledger.Frozen != "":
		return because("the group is frozen: %s; thaw it with sgkeeper thaw", s.Ledger.Frozen)
	case claim.Contested(s.Ledger.Made, r, s.Now):
		held := because("%s is contested: it was opened three times within the hour and "+
			"an outsider removed it each time; CloudTrail names the outsider", r)
		held.Contested = true
		return held
	case s.revokeDenied(r):
		return because("%s is about to be revoked, which EC2 does not allow at present; "+
			"it is opened again after that: check the permissions of the function's role", r)
	case rejected:
		return HeldBack{Rule: r, Reason: fault.Problem}
	case s.round.uncertain[r.WithoutOwner()], s.round.confirmed[r.WithoutOwner()]:
		return because("EC2 has not shown yet whether %s exists; the next sweep describes the group again", r)
	}
	return HeldBack{}
}

// revokeDenied reports whether the revoke of a rule is pending, and EC2 has denied it in
// this round.
func (s State) revokeDenied(r secgroup.Rule) bool {
	return slices.ContainsFunc(s.pending, func(e secgroup.Entry) bool {
		return s.round.unrevoked[e.ID] == denied && e.Rule.Peer.IsValid() && e.Rule.Matches(r)
	})
}
