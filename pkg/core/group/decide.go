package group

import (
	"fmt"
	"slices"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Decision says what to do for a group.
type Decision struct {
	plan.Plan
	// Blind are pending revokes that neither a describe nor the ledger shows. EC2 may
	// know their ids all the same.
	Blind []secgroup.Entry
	// Confirm are assumed rules to authorize again, because a launch is to be announced
	// that needs them. EC2 either makes them or answers Duplicate.
	Confirm []secgroup.Entry
	// HeldBack are missing rules that must not be authorized now.
	HeldBack []HeldBack
	// Rationed: more rules are to be revoked than the ledger can hold at once.
	Rationed bool
	// Deferred are refusals that follow once the rules opened for them are revoked.
	Deferred []plan.Refusal
	// TooNew: EC2 does not know the group, and a request is so recent that it may have
	// been created just now. Nothing is decided.
	TooNew bool
}

// Refusals are all requests that the group has no way to serve: those to refuse now, and
// the deferred ones.
func (d Decision) Refusals() []plan.Refusal { return slices.Concat(d.Refused, d.Deferred) }

// HeldBack is a rule that must not be authorized now. The requests that need it wait.
type HeldBack struct {
	Rule      secgroup.Rule
	Reason    string
	Contested bool // somebody else keeps removing it
}

// Decide says what to do. It is pure, and has no effect on what it decides from.
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
	})}
	d.Blind = s.blind()
	d.Revoke = slices.DeleteFunc(d.Revoke, func(e secgroup.Entry) bool { return s.round.unrevoked[e.ID] != 0 })
	d.Refused = append(refused, d.Refused...)
	d = s.confirm(s.ration(d))
	d = s.holdBack(d)
	return s.postpone(d)
}

// decideMissing decides for a group that EC2 does not know. A recent request waits,
// because EC2 may not know a new group everywhere yet. So do served requests for a
// while, because EC2 may err. Then all are refused.
func (s State) decideMissing() (d Decision) {
	if d.TooNew = s.tooNew(); d.TooNew {
		return d
	}
	problem := fmt.Sprintf("there is no security group %s in %s %s; create it, or name another",
		s.Group.ID, s.Group.Account, s.Group.Region)
	for _, r := range s.Live() {
		refusal := plan.Refusal{Request: r, Reasons: events.Faults{{Field: "/group", Problem: problem}}}
		if s.Ledger.Served.Has(r) && s.Now.Sub(s.Ledger.Missing) < NewGroup {
			d.Waiting = append(d.Waiting, refusal)
		} else {
			d.Refused = append(d.Refused, refusal)
		}
	}
	return d
}

// maxRevoked is how many recently revoked rules the ledger holds, so that it fits one
// transaction of DynamoDB. At EC2's 5 calls/s, only calls of many rules each reach it.
const maxRevoked = 32_000

// ration leaves as many revokes to a later round as the ledger has no room for.
func (s State) ration(d Decision) Decision {
	room := max(0, maxRevoked-len(s.Ledger.Gone)-len(s.Ledger.PendingRevokes))
	recorded := make(map[string]bool, len(s.Ledger.PendingRevokes))
	for _, p := range s.Ledger.PendingRevokes {
		recorded[p.ID] = true
	}
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

// ours reports of an existing rule whether it is ours, as [State.Rules] does.
func (s State) ours() func(secgroup.Entry) bool {
	ours := make(map[string]bool, len(s.rules))
	for _, r := range s.rules {
		if r.Ours {
			ours[r.ID] = true
		}
	}
	return func(e secgroup.Entry) bool { return e.ID != "" && ours[e.ID] }
}

// revocable returns the pending revokes of known rules, without those that EC2 did not
// carry out in this round.
func (s State) revocable() []secgroup.Entry {
	return slices.DeleteFunc(s.Pending(), func(e secgroup.Entry) bool {
		return s.round.unrevoked[e.ID] != 0 || !e.Rule.Peer.IsValid()
	})
}

// blind returns the pending revokes of which only the id is known: after a while, only
// in a sweep.
func (s State) blind() (entries []secgroup.Entry) {
	unknown := make(map[string]bool)
	for _, e := range s.pending {
		unknown[e.ID] = !e.Rule.Peer.IsValid()
	}
	for _, p := range s.Ledger.PendingRevokes {
		if unknown[p.ID] && s.round.unrevoked[p.ID] == 0 && (s.Sweep || s.Now.Sub(p.Since) < blindFor) {
			entries = append(entries, p.Entry())
		}
	}
	return entries
}

// notInEffect returns the ids of the rules that were made too recently to revoke
// another rule in reliance on them.
func (s State) notInEffect() map[string]bool {
	ids := make(map[string]bool)
	for _, m := range s.Ledger.Made {
		if !m.Settled(s.Now) {
			ids[m.ID] = true
		}
	}
	return ids
}

// MayHaveBeenAnnounced reports whether a holder that died or yielded could have
// announced the request, although the ledger does not say so.
func (s State) MayHaveBeenAnnounced(r claim.Request) bool {
	lapse := s.lapse()
	return !lapse.IsZero() && r.Received.Before(lapse.Add(claim.Margin))
}

// rejected splits the live requests by what EC2 answered in this round: those to
// refuse because EC2 rejects one of their rules, and all others. A request that was
// served, or may have been announced, stays. It waits for the rule.
func (s State) rejected() (refused []plan.Refusal, requests []claim.Request) {
	if len(s.round.faults) == 0 {
		return nil, s.Live()
	}
	for _, r := range s.Live() {
		reasons, absent := s.faultsOf(r)
		keeps := s.Ledger.Served.Has(r) || !absent && s.MayHaveBeenAnnounced(r)
		if reasons == nil || keeps {
			requests = append(requests, r)
		} else {
			refused = append(refused, plan.Refusal{Request: r, Reasons: reasons})
		}
	}
	return refused, requests
}

// faultsOf returns why EC2 rejects rules of a request, each reason once, and whether
// one of them means that the request cannot have been served before.
func (s State) faultsOf(r claim.Request) (reasons events.Faults, absent bool) {
	seen := make(map[events.Fault]bool)
	for _, e := range r.Rules {
		f, rejected := s.round.faults[e.Rule.WithoutOwner()]
		if !rejected {
			continue
		}
		absent = absent || f.Absent
		if reason := (events.Fault{Field: f.Field, Problem: f.Problem}); !seen[reason] {
			seen[reason] = true
			reasons = append(reasons, reason)
		}
	}
	return reasons, absent
}

// Needs reports whether a rule is still to be authorized: a live request asks for it
// that is not to be refused for what EC2 answered in this round.
func (s State) Needs(r secgroup.Rule) bool {
	if _, rejected := s.round.faults[r.WithoutOwner()]; rejected {
		return false
	}
	if s.round.confirmed[r.WithoutOwner()] || s.round.uncertain[r.WithoutOwner()] {
		return false
	}
	_, requests := s.rejected()
	return slices.ContainsFunc(requests, func(q claim.Request) bool {
		return slices.ContainsFunc(q.Rules, func(e secgroup.Entry) bool { return e.Rule.Matches(r) })
	})
}

// Askers returns how many live requests ask for any of the rules, without those that
// are to be refused for what EC2 answered in this round.
func (s State) Askers(rules []secgroup.Entry) (n int) {
	_, requests := s.rejected()
	for _, q := range requests {
		if slices.ContainsFunc(q.Rules, func(e secgroup.Entry) bool {
			return slices.ContainsFunc(rules, func(r secgroup.Entry) bool { return r.Rule.Matches(e.Rule) })
		}) {
			n++
		}
	}
	return n
}

// Confirms reports whether all of the rules are assumed to exist, so that a Duplicate
// is no surprise.
func (s State) Confirms(rules []secgroup.Entry) bool {
	return !slices.ContainsFunc(rules, func(e secgroup.Entry) bool {
		return !slices.ContainsFunc(s.rules, func(r Rule) bool { return r.Assumed && r.Rule == e.Rule })
	})
}

// confirm adds the assumed rules without which a launch could not be announced.
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
				d.Confirm = append(d.Confirm, secgroup.Entry{Rule: by.Rule, Description: d.Desired.Description(by.Rule)})
			}
		}
	}
	return d
}

// isNew reports whether a served request is to be announced: it was not served before,
// or this pass's messages ask for it again.
func (s State) isNew(r claim.Request) bool { return !s.Ledger.Served.Has(r) || s.Repeated[r.Key()] }

// holdBack keeps back the rules that must not be authorized now, and everything while
// the group is frozen. The requests that need such a rule wait.
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
			refusal.Reasons = events.Faults{{Field: "/group", Problem: s.heldBack(secgroup.Rule{}).Reason}}
			d.Waiting = append(d.Waiting, refusal)
		}
		d.Refused, d.Revoke, d.Later, d.Blind = nil, nil, nil, nil
	}
	return d
}

// waitingFor adds to the rules held back those that are covered by an assumed rule
// which is held back.
func (s State) waitingFor(d Decision, reasons map[secgroup.Rule]string) map[secgroup.Rule]string {
	if len(reasons) == 0 {
		return reasons
	}
	all := make(map[secgroup.Rule]string, len(reasons))
	for rule, reason := range reasons {
		all[rule] = reason
	}
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

// heldBack says why a rule must not be authorized now.
func (s State) heldBack(r secgroup.Rule) HeldBack {
	fault, rejected := s.round.faults[r.WithoutOwner()]
	switch {
	case s.Ledger.Frozen != "":
		return HeldBack{Rule: r, Reason: fmt.Sprintf("the group is frozen: %s; thaw it with sgkeeper thaw", s.Ledger.Frozen)}
	case claim.Contested(s.Ledger.Made, r, s.Now):
		return HeldBack{r, fmt.Sprintf("%s is contested: it was opened three times within the hour and somebody else removed it each time; find out who", r), true}
	case s.undeniable(r):
		return HeldBack{Rule: r, Reason: fmt.Sprintf("%s is about to be revoked, which EC2 does not allow at present; it is opened anew after that: look at the function's role", r)}
	case rejected:
		return HeldBack{Rule: r, Reason: fault.Problem}
	case s.round.uncertain[r.WithoutOwner()], s.round.confirmed[r.WithoutOwner()]:
		return HeldBack{Rule: r, Reason: fmt.Sprintf("EC2 has not shown yet whether %s exists; the next sweep looks again", r)}
	}
	return HeldBack{}
}

// undeniable reports whether a rule is one whose revoke is pending and denied.
func (s State) undeniable(r secgroup.Rule) bool {
	return slices.ContainsFunc(s.pending, func(e secgroup.Entry) bool {
		return s.round.unrevoked[e.ID] == denied && e.Rule.Peer.IsValid() && e.Rule.Matches(r)
	})
}

// postpone has a refused request wait while a rule exists that was opened for it
// alone: when a refusal is announced, nothing of the request is open. If this round can
// revoke the rule, the request is refused by the decision after that. So whoever crashes
// in between leaves a request that is still live, and not a refused one with open rules.
func (s State) postpone(d Decision) Decision {
	if len(d.Refused) == 0 {
		return d
	}
	revoking := make(map[string]bool, len(d.Revoke))
	for _, e := range d.Revoke {
		revoking[e.ID] = true
	}
	goes := func(e secgroup.Entry) bool {
		return revoking[e.ID] && slices.ContainsFunc(s.rules, func(r Rule) bool { return r.ID == e.ID })
	}
	var refused []plan.Refusal
	for _, r := range d.Refused {
		asked := func(e secgroup.Entry) bool {
			return goes(e) && slices.ContainsFunc(r.Request.Rules, func(q secgroup.Entry) bool { return q.Rule.Matches(e.Rule) })
		}
		if slices.ContainsFunc(d.Revoke, asked) {
			d.Deferred = append(d.Deferred, r)
			continue
		}
		if rule, left := s.leftOpen(d, r.Request); left {
			r.Reasons = append(slices.Clip(r.Reasons), events.Fault{Field: "/rules",
				Problem: fmt.Sprintf("%s was opened for the request and cannot be revoked yet; the refusal is final after that", rule)})
			d.Waiting = append(d.Waiting, r)
		} else {
			refused = append(refused, r)
		}
	}
	d.Refused = refused
	return d
}

// leftOpen returns a rule that was opened for the request alone and that this round
// cannot revoke: EC2 denies it, or only a Duplicate error tells of it.
func (s State) leftOpen(d Decision, r claim.Request) (secgroup.Rule, bool) {
	for _, have := range s.rules {
		blocked := have.ID == "" || have.Ours && s.round.unrevoked[have.ID] != 0
		asked := func(e secgroup.Entry) bool { return e.Rule.Matches(have.Rule) }
		if blocked && slices.ContainsFunc(r.Rules, asked) && d.Desired.First(have.Rule) == "" {
			return have.Rule, true
		}
	}
	return secgroup.Rule{}, false
}
