package group

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Rule is an existing rule of the group.
type Rule struct {
	secgroup.Entry
	// Ours: this installation made the rule, and no outsider has modified it since.
	Ours bool
	// Assumed: the rule was recently made, and no describe has shown it yet. It counts toward
	// the quota. A launch that needs it is not announced unless EC2 has confirmed it in this
	// round.
	Assumed bool
}

// Rules returns the existing rules: those that EC2 describes and those that were
// recently made, without those recently revoked and the pending revokes.
func (s State) Rules() []Rule { return slices.Clone(s.rules) }

// Existing returns the entries of [State.Rules].
func (s State) Existing() []secgroup.Entry { return entriesOf(s.rules) }

// Ours returns the existing rules that sgkeeper owns.
func (s State) Ours() []secgroup.Entry {
	return entriesOf(slices.DeleteFunc(s.Rules(), func(r Rule) bool { return !r.Ours }))
}

// Certain returns the existing rules that EC2 has shown or confirmed. Only with these may a
// launch be announced.
func (s State) Certain() []secgroup.Entry {
	return entriesOf(slices.DeleteFunc(s.Rules(), func(r Rule) bool { return r.Assumed }))
}

func entriesOf(rules []Rule) []secgroup.Entry {
	entries := make([]secgroup.Entry, len(rules))
	for i, r := range rules {
		entries[i] = r.Entry
	}
	return entries
}

// Pending returns the pending revokes. A rule that is neither described nor in the ledger
// has only its id and its direction.
func (s State) Pending() []secgroup.Entry { return slices.Clone(s.pending) }

// ExistsSince reports whether a rule still exists although its revoke was pending before the
// given time.
func (s State) ExistsSince(at time.Time) bool {
	known := make(map[string]bool)
	for _, e := range s.pending {
		known[e.ID] = e.Rule.Peer.IsValid()
	}
	return slices.ContainsFunc(s.Ledger.PendingRevokes, func(p claim.PendingRevoke) bool {
		return known[p.ID] && !p.Since.IsZero() && p.Since.Before(at)
	})
}

// Size returns how many entries the ledger has, and how many requests and ends a round
// reads.
func (s State) Size() (ledger, partition int) {
	l := s.Ledger
	return len(l.Made) + len(l.Revoked) + len(l.PendingRevokes) + len(l.Untagged), len(s.Requests) + len(s.Ends)
}

// Covers reports whether the rules that EC2 has shown or confirmed allow all rules of the
// requests. It also returns which rule covers which. The fast path uses it.
func (s State) Covers(requests []claim.Request) ([]secgroup.Covered, bool) {
	diff := secgroup.Compare(claim.Fold(requests).Rules, secgroup.Rules(s.Certain()))
	return diff.Covered, len(diff.Missing) == 0
}

// in returns a rule in the form that EC2 returns for this group.
func (s State) in(r secgroup.Rule) secgroup.Rule { return r.In(s.Group.Account, s.Group.ID) }

// visible returns the described rules without those recently revoked.
func (s State) visible() []secgroup.Entry {
	gone := idsOf(s.Ledger.Revoked, goneID)
	return slices.DeleteFunc(slices.Clone(s.Described), func(e secgroup.Entry) bool { return gone[e.ID] })
}

// derive computes the existing rules and the pending revokes.
func (s State) derive() State {
	unseen := idsOf(s.Ledger.PendingRevokes, pendingID)
	s.rules, s.pending = nil, nil
	add := func(r Rule) {
		if r.ID != "" && unseen[r.ID] {
			s.pending = append(s.pending, r.Entry)
			delete(unseen, r.ID)
			return
		}
		s.rules = append(s.rules, r)
	}
	owns := s.owns()
	for _, e := range s.visible() {
		add(Rule{Entry: e, Ours: owns(e)})
	}
	for _, m := range s.Ledger.Assumed(slices.Concat(s.Described, s.Removed), s.Now) {
		e := secgroup.Entry{Rule: m.Rule, ID: m.ID}
		add(Rule{Entry: e, Ours: m.Listed, Assumed: !s.round.confirmed[m.Rule.WithoutOwner()]})
	}
	for _, p := range s.Ledger.PendingRevokes {
		if unseen[p.ID] {
			s.pending = append(s.pending, p.Entry())
		}
	}
	return s
}

// owns returns a function that reports whether this installation made a described rule of the
// group and no outsider has modified it since. The proof is a seal in the tags or in the
// description, or the id. The id is in the ledger, or in EC2's answer to a recent call.
func (s State) owns() func(secgroup.Entry) bool {
	recorded := plan.Recorded(s.Ledger.Untagged)
	made := make(map[string]secgroup.Rule, len(s.Ledger.Made))
	for _, m := range s.Ledger.Made {
		if m.Listed {
			made[m.ID] = s.in(m.Rule)
		}
	}
	return func(e secgroup.Entry) bool {
		if _, proven := s.proofs[described{e.ID, e.Rule}]; proven || recorded(e) {
			return true
		}
		rule, known := made[e.ID]
		return known && rule.Matches(s.in(e.Rule))
	}
}

// stillPending returns the pending revokes. It drops a rule that EC2 would describe by now if
// it still existed.
func (s State) stillPending() []claim.PendingRevoke {
	described, gone := idsOf(s.Described, entryID), idsOf(s.Ledger.Revoked, goneID)
	var kept []claim.PendingRevoke
	for _, p := range s.Ledger.PendingRevokes {
		if gone[p.ID] {
			continue
		}
		if p.Since.IsZero() {
			p.Since = s.Now // recorded by an older version: count from now
		}
		if described[p.ID] || s.Now.Sub(p.Since) < Certain {
			kept = append(kept, p)
		}
	}
	return kept
}

// recognise adds sgkeeper rules that the ledger does not name:
//
//   - untagged rules, by the seal in their description;
//   - rules that only a former key sealed;
//   - rules that an unreleased round has just made. Other rules may not rely on these before
//     they are in effect.
func (s State) recognise(visible []secgroup.Entry) State {
	known := idsOf(s.Ledger.Made, func(m claim.Made) string { return m.ID })
	recorded := idsOf(s.Ledger.Untagged, func(u claim.Untagged) string { return u.ID })
	owns := s.owns()
	var desired claim.Desired
	unsure := s.Interrupted || s.round.unsure
	if unsure {
		desired = claim.Fold(s.Live())
	}
	for _, e := range visible {
		proof, proven := s.proofs[described{e.ID, e.Rule}]
		if proven && !recorded[e.ID] && (proof.Former || e.Tags[plan.TagRule] == "") {
			s.Ledger.Untagged = append(slices.Clip(s.Ledger.Untagged), plan.Untagged(e, s.Now))
		}
		if unsure && !known[e.ID] && desired.First(e.Rule) != "" && owns(e) {
			made := claim.Made{Rule: e.Rule, ID: e.ID, At: s.Now, Described: true, Listed: true}
			s.Ledger.Made = append(slices.Clip(s.Ledger.Made), made)
		}
	}
	return s
}

// idsOf returns the rule ids of a list.
func idsOf[T any](list []T, id func(T) string) map[string]bool {
	ids := make(map[string]bool, len(list))
	for _, t := range list {
		ids[id(t)] = true
	}
	return ids
}

func entryID(e secgroup.Entry) string        { return e.ID }
func pendingID(p claim.PendingRevoke) string { return p.ID }
func goneID(g claim.Revoked) string          { return g.ID }
