package group

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// A restored table has forgotten launches, and must not revoke their rules. If the table has
// another name, the group's head shows that. If it has the same name, the rules show it. Each
// has a stamp with the ticket and the span of the round that made it. The span is a random
// name for the tickets counted between two releases.
//
// A rule belongs to a forgotten round if its ticket is above the last one served, and its span
// is not the head's. Without a restore, no such rule exists. A holder stamps a rule with the
// span that it loaded, and with a ticket above the last one served. The span changes only
// after a release, and a release serves every ticket counted until then. So a crash, a yield
// or a takeover raises no false alarm.
//
// After a restore, the first ring makes a new span, which no older rule has. The round finds
// each rule with a ticket that the restored head has not served. It records the highest such
// ticket with its release, because later rounds serve tickets of the same numbers. If the
// holder dies before that, the next one finds the same.

// Owner returns the owner that recognises sgkeeper's rules in the group, and marks new ones.
func (s State) Owner() plan.Owner {
	now := s.Now
	if now.IsZero() {
		now = s.Loaded
	}
	return plan.Owner{
		Installation: s.Installation, Group: s.Group.ID, Keys: s.Ledger.ValidKeys(now), Offline: s.Offline,
	}
}

// Stamp returns the stamp for the rules of a round that serves tickets up to the given one.
func (s State) Stamp(seen int64) plan.Stamp { return plan.Stamp{Ticket: seen, Span: s.Ledger.Span} }

// prove records the proofs of the described rules, and the highest forgotten ticket.
func (s State) prove() State {
	owner := s.Owner()
	s.proofs = make(map[described]plan.Proof)
	for _, e := range s.Described {
		proof, ok := owner.Proof(e)
		if !ok {
			continue
		}
		s.proofs[described{e.ID, e.Rule}] = proof
		if at := proof.Stamp; !s.Early && at.Ticket > int64(s.Head.Applied) && at.Span != s.Ledger.Span {
			s.Ledger.Forgotten = max(s.Ledger.Forgotten, at.Ticket)
		}
	}
	return s
}

// Proven reports whether a described rule's seal, or the record of its id, proves that
// sgkeeper owns it.
func (s State) Proven(e secgroup.Entry) bool {
	_, sealed := s.proofs[described{e.ID, e.Rule}]
	return sealed || plan.Recorded(s.Ledger.Untagged)(e)
}

// HistoryLost reports whether the table was restored to an older state and has forgotten
// launches with existing rules. Nothing is revoked until an operator confirms.
func (s State) HistoryLost() bool { return s.Ledger.Forgotten > 0 }

// Confirmed returns the state after an operator has confirmed that the rules of forgotten
// launches may be revoked.
func (s State) Confirmed() State {
	s.Ledger.Forgotten = 0
	return s
}

// retire sets when the former keys become invalid, once a round has described the group and
// recorded the rules that they sealed. Later it drops them.
func (s State) retire(l claim.Ledger) claim.Ledger {
	switch {
	case len(l.Keys) < 2 || !s.Exists:
	case l.Retires.IsZero():
		l.Retires = s.Loaded.Add(retireAfter)
	case !s.Loaded.Before(l.Retires):
		l.Keys, l.Retires = l.Keys[:1], time.Time{}
	}
	if last := l.Retires.Add(-verifyAfter); last.After(s.Loaded) && (l.Due.IsZero() || last.Before(l.Due)) {
		l.Due = last // the describes of earlier rounds may have lagged
	}
	return l
}
