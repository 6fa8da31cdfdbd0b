package group

import (
	"cmp"
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
// request waits. If the rule only may exist, the round authorizes it first, to learn that.
func (s State) deferRefusals(d Decision) Decision {
	if len(d.Refused) == 0 {
		return d
	}
	revoking := d.revoking()
	closing := slices.DeleteFunc(slices.Concat(s.Existing(), s.pending),
		func(e secgroup.Entry) bool { return !revoking[e.ID] })
	var refused []plan.Refusal
	for _, r := range d.Refused {
		if slices.ContainsFunc(closing, func(e secgroup.Entry) bool { return s.mayBeOf(r.Request, e) }) {
			d.Deferred = append(d.Deferred, r)
			continue
		}
		if unknown := s.unanswered(d, r.Request); len(unknown) > 0 {
			d.Confirm = append(d.Confirm, unknown...)
			d.Deferred = append(d.Deferred, r)
			continue
		}
		rule, left := s.leftOpen(d, r.Request)
		if !left {
			refused = append(refused, r)
			continue
		}
		problem := fmt.Sprintf("%s may be open for the request and cannot be revoked yet; "+
			"the refusal is final after that", rule)
		r.Reasons = append(slices.Clip(r.Reasons), claim.Fault{Field: "/rules", Problem: problem})
		d.Waiting = append(d.Waiting, r)
	}
	d.Refused = refused
	return d
}

// revoking returns the ids of the rules to revoke.
func (d Decision) revoking() map[string]bool { return idsOf(slices.Concat(d.Revoke, d.Blind), entryID) }

// leftOpen returns a rule, in words, that may be open for the request alone and that this round
// cannot revoke.
func (s State) leftOpen(d Decision, r claim.Request) (rule string, left bool) {
	alone := func(rule secgroup.Rule) bool { return requestsRule(r, rule) && d.Desired.First(rule) == "" }
	shown := idsOf(slices.Concat(s.Existing(), s.pending), entryID)
	for _, have := range s.rules { // only a Duplicate error shows it, or it cannot be revoked
		blocked := have.ID == "" || have.Ours && (s.HistoryLost() || s.round.unrevoked[have.ID] != 0)
		if blocked && alone(have.Rule) {
			return have.Rule.String(), true
		}
	}
	revoking := d.revoking()
	for _, e := range s.pending { // EC2 did not revoke it
		known := e.Rule.Peer.IsValid()
		switch {
		case revoking[e.ID]:
		case known && alone(e.Rule):
			return e.Rule.String(), true
		case !known && s.mayBeOf(r, e):
			return "a rule of which only the id " + e.ID + " is known", true
		}
	}
	for _, m := range s.Ledger.Made { // an earlier describe may have shown it, and this one is older
		if m.Listed && !shown[m.ID] && s.Now.Sub(m.At) < claim.Lag && alone(m.Rule) {
			return m.Rule.String(), true
		}
	}
	if possible := s.possiblyOpen(d, r); len(possible) > 0 {
		return possible[0].Rule.String(), true
	}
	if s.round.unknown[r.Key()] {
		return "one of its rules", true
	}
	return "", false
}

// mayBeOf reports whether an entry may be of one of the request's rules. If only its id is
// known, that is any rule of its direction, unless its revoke was recorded before the request
// came.
func (s State) mayBeOf(r claim.Request, e secgroup.Entry) bool {
	if e.Rule.Peer.IsValid() {
		return requestsRule(r, e.Rule)
	}
	recorded := slices.ContainsFunc(s.Ledger.PendingRevokes, func(p claim.PendingRevoke) bool {
		return p.ID == e.ID && !p.Since.Before(r.Received.Add(-claim.Margin))
	})
	return recorded && slices.ContainsFunc(r.Rules, func(asked secgroup.Entry) bool {
		return asked.Rule.Direction == e.Rule.Direction
	})
}

// maxLearned is the number of rules of a request up to which calls to EC2 show whether a holder
// that died has made them. A refusal of a larger request waits until a describe must show them.
const maxLearned = 12

// possiblyMade marks what a holder of an unreleased round may have made: rules of the requests that
// came before it ended, and that no round has served.
func (s State) possiblyMade() State {
	if s.unreleased().IsZero() {
		return s
	}
	s.round.possible, s.round.unknown = cloned(s.round.possible), cloned(s.round.unknown)
	for _, r := range s.Live() {
		switch {
		case s.Ledger.Served.Has(r), !s.MayHaveBeenAnnounced(r):
		case len(r.Rules) > maxLearned:
			s.round.unknown[r.Key()] = true
		default:
			for _, e := range r.Rules {
				s.round.possible[e.Rule.WithoutOwner()] = s.unreleased()
			}
		}
	}
	return s
}

// unanswered returns the rules that may be open for the request alone, and that no call of this
// round has shown to exist or not.
func (s State) unanswered(d Decision, r claim.Request) (entries []secgroup.Entry) {
	if s.HistoryLost() {
		return nil // they could not be revoked
	}
	for _, e := range s.possiblyOpen(d, r) {
		key := e.Rule.WithoutOwner()
		if _, rejected := s.round.faults[key]; !rejected && !s.round.uncertain[key] && !s.round.confirmed[key] {
			e.Description = claim.Describe(r.Launch.Name, e.Description)
			entries = append(entries, e)
		}
	}
	return entries
}

// possiblyOpen returns the request's rules that a failed call, or a holder that died, may have made
// for it alone, and that are not among the existing rules. EC2 may have confirmed such a rule: after a
// Duplicate, it is not assumed if it could be a revoked rule of which only the id is known.
func (s State) possiblyOpen(d Decision, r claim.Request) (rules []secgroup.Entry) {
	if len(s.round.possible)+len(s.round.uncertain) == 0 {
		return nil
	}
	for _, e := range r.Rules {
		key := e.Rule.WithoutOwner()
		f, rejected := s.round.faults[key]
		_, possible := s.round.possible[key]
		switch {
		case !possible && !s.round.uncertain[key], rejected && !f.Silent:
		case d.Desired.First(e.Rule) != "":
		case slices.ContainsFunc(s.rules, func(have Rule) bool { return have.Rule.Matches(e.Rule) }):
		default:
			rules = append(rules, e)
		}
	}
	return rules
}

// assumeOpen adds rules to the ledger that keep a refusal waiting because a failed call, or a holder
// that died, may have made them. Later rounds assume that they exist until EC2 describes them, or
// would by then.
func (s State) assumeOpen(d Decision, l claim.Ledger) claim.Ledger {
	for _, w := range d.Waiting {
		if reasons, _ := s.faultsOf(w.Request); reasons == nil {
			continue
		}
		for _, e := range s.possiblyOpen(d, w.Request) {
			l.Made = append(slices.Clip(l.Made), claim.Made{Rule: e.Rule,
				At: cmp.Or(s.round.possible[e.Rule.WithoutOwner()], s.Now)})
		}
	}
	return l
}
