package group

import (
	"fmt"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// deferRefusals defers the refusal of a request while a rule exists that was opened for it
// alone. So no rule of the request is open when its refusal is announced.
//
// If this round can revoke the rule, the next decision refuses the request. If the holder
// crashes in between, the request is still live. If the round cannot revoke the rule, the
// request waits.
func (s State) deferRefusals(d Decision) Decision {
	if len(d.Refused) == 0 {
		return d
	}
	revoking := idsOf(d.Revoke, entryID)
	closing := slices.DeleteFunc(s.Existing(), func(e secgroup.Entry) bool { return !revoking[e.ID] })
	var refused []plan.Refusal
	for _, r := range d.Refused {
		if slices.ContainsFunc(closing, func(e secgroup.Entry) bool { return requestsRule(r.Request, e.Rule) }) {
			d.Deferred = append(d.Deferred, r)
			continue
		}
		rule, left := s.leftOpen(d, r.Request)
		if !left {
			refused = append(refused, r)
			continue
		}
		problem := fmt.Sprintf("%s was opened for the request and cannot be revoked yet; "+
			"the refusal is final after that", rule)
		r.Reasons = append(slices.Clip(r.Reasons), claim.Fault{Field: "/rules", Problem: problem})
		d.Waiting = append(d.Waiting, r)
	}
	d.Refused = refused
	return d
}

// leftOpen returns a rule that was opened for the request alone and that this round cannot
// revoke. EC2 denies the revoke, the history is lost, only a Duplicate error shows the rule,
// or a failed call may have made it.
func (s State) leftOpen(d Decision, r claim.Request) (secgroup.Rule, bool) {
	for _, have := range s.rules {
		blocked := have.ID == "" || have.Ours && (s.HistoryLost() || s.round.unrevoked[have.ID] != 0)
		if blocked && requestsRule(r, have.Rule) && d.Desired.First(have.Rule) == "" {
			return have.Rule, true
		}
	}
	if possible := s.possiblyOpen(d, r); len(possible) > 0 {
		return possible[0], true
	}
	return secgroup.Rule{}, false
}

// possiblyOpen returns the rules that a failed call may have made for the request alone.
func (s State) possiblyOpen(d Decision, r claim.Request) (rules []secgroup.Rule) {
	if len(s.round.possible)+len(s.round.uncertain) == 0 {
		return nil
	}
	for _, e := range r.Rules {
		key := e.Rule.WithoutOwner()
		f, rejected := s.round.faults[key]
		switch {
		case !s.round.possible[key] && !s.round.uncertain[key], s.round.confirmed[key], rejected && !f.Silent:
		case d.Desired.First(e.Rule) != "":
		case slices.ContainsFunc(s.rules, func(have Rule) bool { return have.Rule.Matches(e.Rule) }):
		default:
			rules = append(rules, e.Rule)
		}
	}
	return rules
}

// assumeOpen adds rules to the ledger that keep a refusal waiting because a failed call may
// have made them. Later rounds assume that they exist until EC2 describes them, or would by
// then.
func (s State) assumeOpen(d Decision, l claim.Ledger) claim.Ledger {
	for _, w := range d.Waiting {
		if reasons, _ := s.faultsOf(w.Request); reasons == nil {
			continue
		}
		for _, r := range s.possiblyOpen(d, w.Request) {
			l.Made = append(slices.Clip(l.Made), claim.Made{Rule: r, At: s.Now})
		}
	}
	return l
}
