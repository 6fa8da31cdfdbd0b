package group

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Decision holds all changes of a round in a group.
type Decision struct {
	plan.Plan
	// Blind are pending revokes of earlier rounds for rules that EC2 does not describe. EC2
	// may still know their ids.
	Blind []secgroup.Entry
	// Confirm are assumed rules to authorize again, because a launch that needs them is about
	// to be announced. EC2 either makes them or answers Duplicate.
	Confirm []secgroup.Entry
	// HeldBack are missing rules that must not be authorized now.
	HeldBack []HeldBack
	// Rationed: the ledger cannot record all revokes at once.
	Rationed bool
	// Deferred are refusals that follow once the rules opened for them are revoked.
	Deferred []plan.Refusal
	// TooNew: EC2 does not know the group, which may be as new as its latest request. Nothing
	// is decided.
	TooNew bool
}

// Refusals returns all requests that the group cannot serve: those to refuse now, and the
// deferred ones.
func (d Decision) Refusals() []plan.Refusal { return slices.Concat(d.Refused, d.Deferred) }

// Decide returns the decision for the state. It is pure.
func (s State) Decide() Decision {
	switch {
	case s.Unreadable != nil:
		return s.decideDenied()
	case !s.Exists:
		return s.decideMissing()
	}
	refused, requests := s.rejected()
	d := Decision{Plan: plan.Make(plan.Input{
		Entries:              s.Existing(),
		PendingRevokes:       s.revocable(),
		NotInEffect:          s.notInEffect(),
		Requests:             requests,
		Served:               s.Ledger.Served,
		MayHaveBeenAnnounced: s.MayHaveBeenAnnounced,
		Ours:                 s.ours(),
		Quota:                s.Quota,
		Caps:                 s.Caps,
		Judge:                s.Judge,
	})}
	d.Blind = s.blind()
	d.Revoke = slices.DeleteFunc(d.Revoke, func(e secgroup.Entry) bool { return s.round.unrevoked[e.ID] != 0 })
	d.Refused = append(refused, d.Refused...)
	return s.deferRefusals(s.holdBack(s.confirm(s.ration(d))))
}

// decideMissing decides for a group that EC2 does not know. A recent request waits,
// because EC2 may not know a new group everywhere yet. So do served requests for a
// while, because EC2 may err. Then all are refused.
func (s State) decideMissing() (d Decision) {
	if d.TooNew = s.tooNew(); d.TooNew {
		return d
	}
	for _, r := range s.Live() {
		refusal := plan.Refusal{Request: r, Reasons: claim.Faults{NoSuchGroup(s.Group)}}
		if s.Ledger.Served.Has(r) && s.Now.Sub(s.Ledger.Missing) < NewGroup {
			d.Waiting = append(d.Waiting, refusal)
		} else {
			d.Refused = append(d.Refused, refusal)
		}
	}
	return d
}

// NoSuchGroup returns the reason for a refusal if EC2 does not know the group.
func NoSuchGroup(g claim.Group) claim.Fault {
	return claim.Fault{Field: "/group", Problem: fmt.Sprintf(
		"there is no security group %s in %s %s; create it, or name another", g.ID, g.Account, g.Region)}
}

// Ambiguous returns the reason for a refusal if several groups have a name, as in a VPC that
// accounts share.
func Ambiguous(name, vpc string, ids []string) claim.Fault {
	return claim.Fault{Field: "/group/name", Problem: fmt.Sprintf("several groups in %s are named %s: %s; "+
		"give the id of one", vpc, name, strings.Join(slices.Sorted(slices.Values(ids)), ", "))}
}

// maxRevoked is how many recently revoked rules the ledger holds. A round reads all of them,
// about 1.1 MB. At EC2's 5 calls/s (docs/performance.md), only calls that each revoke many
// rules reach it.
const maxRevoked = 32_000

// ration postpones the revokes that the ledger has no room for to a later round.
func (s State) ration(d Decision) Decision {
	room := max(0, maxRevoked-len(s.Ledger.Revoked)-len(s.Ledger.PendingRevokes))
	recorded := idsOf(s.Ledger.PendingRevokes, pendingID)
	d.Revoke = slices.DeleteFunc(d.Revoke, func(e secgroup.Entry) bool {
		if recorded[e.ID] {
			return false
		}
		room--
		d.Rationed = d.Rationed || room < 0
		return room < 0
	})
	return d
}

// ours returns a function that reports whether sgkeeper owns an existing rule, as in
// [State.Rules]. While the history is lost, it owns no rule that it may revoke.
func (s State) ours() func(secgroup.Entry) bool {
	if s.HistoryLost() {
		return nil
	}
	ours := make(map[string]bool, len(s.rules))
	for _, r := range s.rules {
		if r.Ours {
			ours[r.ID] = true
		}
	}
	return func(e secgroup.Entry) bool { return e.ID != "" && ours[e.ID] }
}

// revocable returns the pending revokes that EC2 did not reject in this round, without those
// that [State.blind] tries.
func (s State) revocable() []secgroup.Entry {
	unseen := s.unseen()
	return slices.DeleteFunc(s.Pending(), func(e secgroup.Entry) bool {
		return s.round.unrevoked[e.ID] != 0 || unseen[e.ID]
	})
}

// blind returns the pending revokes of unseen rules. After [blindFor], it returns them only in
// a sweep. One call revokes all of them. If EC2 does not know one of the ids, all stay
// pending.
func (s State) blind() (entries []secgroup.Entry) {
	since := make(map[string]time.Time, len(s.Ledger.PendingRevokes))
	for _, p := range s.Ledger.PendingRevokes {
		since[p.ID] = p.Since
	}
	unseen := s.unseen()
	for _, e := range s.pending {
		if unseen[e.ID] && s.round.unrevoked[e.ID] == 0 && (s.Sweep || s.Now.Sub(since[e.ID]) < blindFor) {
			entries = append(entries, e)
		}
	}
	return entries
}

// unseen returns the ids of the pending revokes that an earlier attempt may have completed: EC2
// does not describe the rules. The ledger may still name the rule.
func (s State) unseen() map[string]bool {
	described := idsOf(s.Described, entryID)
	unseen := make(map[string]bool)
	for _, e := range s.pending {
		unseen[e.ID] = !e.Rule.Peer.IsValid() || s.round.attempted[e.ID] && !described[e.ID]
	}
	return unseen
}

// notInEffect returns the ids of the rules that are too new to revoke another rule because of
// them.
func (s State) notInEffect() map[string]bool {
	ids := make(map[string]bool)
	for _, m := range s.Ledger.Made {
		if !m.InEffect(s.Now) {
			ids[m.ID] = true
		}
	}
	return ids
}

// MayHaveBeenAnnounced reports whether a holder of an unreleased round could have announced
// the request, although the ledger does not say so.
func (s State) MayHaveBeenAnnounced(r claim.Request) bool {
	since := s.unreleased()
	return !since.IsZero() && r.Received.Before(since.Add(claim.Margin))
}

// Confirms reports whether all of the rules are assumed, so that a Duplicate is expected.
func (s State) Confirms(rules []secgroup.Entry) bool {
	return !slices.ContainsFunc(rules, func(e secgroup.Entry) bool {
		return !slices.ContainsFunc(s.rules, func(r Rule) bool { return r.Assumed && r.Rule == e.Rule })
	})
}

// confirm adds the assumed rules that a launch needs before it can be announced.
func (s State) confirm(d Decision) Decision {
	assumed := make(map[secgroup.Rule]bool)
	for _, r := range s.rules {
		if r.Assumed {
			assumed[r.Rule] = true
		}
	}
	if len(assumed) == 0 {
		return d
	}
	announced := slices.DeleteFunc(slices.Clone(d.Accepted), func(r claim.Request) bool { return !s.isNew(r) })
	lacking := secgroup.Compare(claim.Fold(announced).Rules, secgroup.Rules(s.Certain())).Missing
	for _, c := range d.Covered {
		if !slices.Contains(lacking, c.Rule.Rule) {
			continue
		}
		for _, by := range c.By {
			if assumed[by.Rule] {
				delete(assumed, by.Rule)
				d.Confirm = append(d.Confirm, secgroup.Entry{Rule: by.Rule,
					Description: d.Desired.Description(by.Rule)})
			}
		}
	}
	return d
}

// isNew reports whether a served request must be announced: no round has served it before, or
// this pass's messages repeat it.
func (s State) isNew(r claim.Request) bool {
	return !s.Ledger.Served.Has(r) || len(s.Repeated) > 0 && s.Repeated[r.Key()]
}
