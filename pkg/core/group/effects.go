package group

import (
	"maps"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Refused returns the state after the request was marked as refused.
func (s State) Refused(r claim.Request) State {
	s.Requests = slices.Clone(s.Requests)
	for i := range s.Requests {
		if s.Requests[i].Same(r) {
			s.Requests[i] = r
		}
	}
	return s
}

// Recorded returns the state after the ids of rules were recorded as pending revokes.
func (s State) Recorded(entries []secgroup.Entry, now time.Time) State {
	recorded := idsOf(s.Ledger.PendingRevokes, pendingID)
	s.Ledger.PendingRevokes = slices.Clone(s.Ledger.PendingRevokes)
	for _, e := range entries {
		if recorded[e.ID] {
			continue
		}
		recorded[e.ID] = true
		egress := e.Rule.Direction == secgroup.Egress
		p := claim.PendingRevoke{ID: e.ID, Egress: egress, Since: now.Truncate(time.Second)}
		s.Ledger.PendingRevokes = append(s.Ledger.PendingRevokes, p)
	}
	s.Ledger.Stored.Apart = true
	return s.derive()
}

// Revoked returns the state after EC2 revoked rules. EC2 may describe them for a while.
func (s State) Revoked(entries []secgroup.Entry, now time.Time) State {
	gone := idsOf(entries, entryID)
	s.Ledger.Revoked, s.Removed = slices.Clone(s.Ledger.Revoked), slices.Clone(s.Removed)
	s.round.possible = cloned(s.round.possible)
	for _, e := range entries {
		delete(s.round.possible, e.Rule.WithoutOwner())
		s.Ledger.Revoked = append(s.Ledger.Revoked, claim.Revoked{ID: e.ID, At: now})
		if e.Rule.Peer.IsValid() { // else only the id is known
			s.Removed = append(s.Removed, e)
		}
	}
	s.Ledger.Made = slices.DeleteFunc(slices.Clone(s.Ledger.Made), func(m claim.Made) bool { return gone[m.ID] })
	s.Ledger.Untagged = slices.DeleteFunc(slices.Clone(s.Ledger.Untagged),
		func(u claim.Untagged) bool { return gone[u.ID] })
	s.Ledger.PendingRevokes = slices.DeleteFunc(slices.Clone(s.Ledger.PendingRevokes),
		func(p claim.PendingRevoke) bool { return gone[p.ID] })
	return s.derive()
}

// NotFound returns the state after EC2 did not know one of the rules to revoke. They stay
// pending until EC2 would describe them.
func (s State) NotFound(entries []secgroup.Entry) State {
	return s.unrevoked(entries, notFound).derive()
}

// Attempted returns the state after a revoke that EC2 may have applied, although no answer says
// so.
func (s State) Attempted(entries []secgroup.Entry) State {
	s.round.attempted = cloned(s.round.attempted)
	for _, e := range entries {
		s.round.attempted[e.ID] = true
	}
	return s
}

// Denied returns the state after EC2 denied a revoke because the role lacks a permission. The
// revoke is no longer pending unless EC2 may have applied an earlier attempt.
func (s State) Denied(entries []secgroup.Entry) State {
	s = s.unrevoked(entries, denied)
	s.Ledger.PendingRevokes = slices.DeleteFunc(slices.Clone(s.Ledger.PendingRevokes),
		func(p claim.PendingRevoke) bool {
			return s.round.unrevoked[p.ID] == denied && !s.round.attempted[p.ID]
		})
	return s.derive()
}

func (s State) unrevoked(entries []secgroup.Entry, why denial) State {
	s.round.unrevoked = cloned(s.round.unrevoked)
	for _, e := range entries {
		s.round.unrevoked[e.ID] = why
	}
	return s
}

// Made returns the state after EC2 made rules. An earlier rule of the same identity no longer
// exists, because EC2 holds a rule only once.
func (s State) Made(entries []secgroup.Entry, now time.Time) State {
	s.Ledger.Made = slices.Clone(s.Ledger.Made)
	s.Ledger.Untagged, s.Added = slices.Clone(s.Ledger.Untagged), slices.Clone(s.Added)
	s.round.confirmed = cloned(s.round.confirmed)
	for _, e := range entries {
		superseded(s.Ledger.Made, e.Rule)
		s.Ledger.Made = append(s.Ledger.Made, claim.Made{Rule: e.Rule, ID: e.ID, At: now, Listed: true})
		s.round.confirmed[e.Rule.WithoutOwner()] = true
		s.Added = append(s.Added, e)
		if s.Untagged {
			s.Ledger.Untagged = append(s.Ledger.Untagged, plan.Untagged(e, now))
		}
	}
	return s.derive()
}

// superseded marks made rules of one identity as described. From here on, they exist only if
// EC2 describes them.
func superseded(made []claim.Made, r secgroup.Rule) {
	for i, m := range made {
		if m.Rule.Matches(r) {
			made[i].Described = true
		}
	}
}

// Duplicate returns the state after EC2 answered Duplicate to a call for that rule alone.
// sgkeeper may own the rule: an earlier call made it, and the reply was lost.
func (s State) Duplicate(r secgroup.Rule, now time.Time) State {
	s.round.confirmed = cloned(s.round.confirmed)
	s.round.confirmed[r.WithoutOwner()] = true
	if !slices.ContainsFunc(s.rules, func(have Rule) bool { return have.Rule.Matches(r) }) {
		s.Ledger.Made = append(slices.Clone(s.Ledger.Made), claim.Made{Rule: r, At: now})
	}
	return s.derive()
}

// Unanswered returns the state after a write that EC2 did not answer, or rejected. It may
// have made the given rules. For example, EC2 answers Duplicate to two rules of which one
// exists, and makes the other.
func (s State) Unanswered(made []secgroup.Entry, now time.Time) State {
	s.round.unsure = true
	s.round.possible = cloned(s.round.possible)
	for _, e := range made {
		s.round.possible[e.Rule.WithoutOwner()] = now
	}
	return s
}

// Full returns the state after EC2 answered that the group has no room for the rule. Rounds
// use the limit that this shows, and retry five minutes later. If the rule was assumed, the
// answer shows that it does not exist: it needs room like any other missing rule.
func (s State) Full(r secgroup.Rule, now time.Time) State {
	s = s.absent(r)
	if limit := s.Quota.Used(s.Existing(), r) + s.Quota.Weight(r) - 1; limit < s.Quota.Limit {
		s.Quota = s.Quota.Shown(limit)
		s.Ledger.Limit = claim.Limit{Rules: limit, At: now}
	}
	return s
}

// learnedLimit applies the limit that EC2 has shown recently. It drops the limit if the group
// holds more rules by now: then a describe lagged when the limit was learned.
func (s State) learnedLimit() State {
	l := s.Ledger.Limit
	u := s.Quota.Usage(s.Described)
	switch {
	case l == claim.Limit{}:
	case s.Now.Sub(l.At) >= verifyAfter, max(u.IngressIPv4, u.IngressIPv6, u.EgressIPv4, u.EgressIPv6) > l.Rules:
		s.Ledger.Limit = claim.Limit{}
	default:
		s.Quota = s.Quota.Shown(l.Rules)
	}
	return s
}

// Uncertain returns the state after a call to EC2 that does not show whether the rules exist.
// The requests that need them wait for a later round.
func (s State) Uncertain(entries []secgroup.Entry) State {
	s.round.uncertain = cloned(s.round.uncertain)
	for _, e := range entries {
		s.round.uncertain[e.Rule.WithoutOwner()] = true
	}
	return s
}

// Faulty returns the state after EC2 rejected rules, with the fault of each.
func (s State) Faulty(faults map[secgroup.Rule]Fault) State {
	s.round.faults = cloned(s.round.faults)
	var absent []secgroup.Rule
	for r, f := range faults {
		s.round.faults[r.WithoutOwner()] = f
		if !f.Silent {
			absent = append(absent, r)
		}
	}
	return s.absent(absent...)
}

// absent returns the state after an answer that shows that the rules do not exist.
func (s State) absent(rules ...secgroup.Rule) State {
	s.round.possible = cloned(s.round.possible)
	gone := make(map[secgroup.Rule]bool, len(rules))
	for _, r := range rules {
		gone[r.WithoutOwner()] = true
		delete(s.round.possible, r.WithoutOwner())
	}
	s.Ledger.Made = slices.Clone(s.Ledger.Made)
	for i, m := range s.Ledger.Made { // from here on, it exists only if EC2 describes it
		s.Ledger.Made[i].Described = m.Described || gone[m.Rule.WithoutOwner()]
	}
	return s.derive()
}

func cloned[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return make(map[K]V)
	}
	return maps.Clone(m)
}
