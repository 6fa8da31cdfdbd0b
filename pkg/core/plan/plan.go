// Package plan decides which rules to authorize and revoke in a group. Its input is the live
// requests, the existing rules with their owner, and a quota. It is pure and takes the clock
// as a value: `sgkeeper plan` prints the plan, and ensure performs it.
package plan

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Input is everything that a plan depends on.
type Input struct {
	Entries  []secgroup.Entry // the existing rules
	Requests []claim.Request  // the live requests, in any order
	Served   claim.Served     // the requests that an earlier round served
	// MayHaveBeenAnnounced reports whether a holder that died or yielded could have announced
	// a request that is not in Served. Such a request waits instead of being refused. nil
	// means none.
	MayHaveBeenAnnounced func(claim.Request) bool
	// Ours reports whether this installation made an entry. nil means none.
	Ours func(secgroup.Entry) bool
	// PendingRevokes are not among Entries. Make revokes them, even if a request desires them.
	PendingRevokes []secgroup.Entry
	// NotInEffect holds the ids of entries that are not yet in effect. No rule that they
	// replace may be revoked.
	NotInEffect map[string]bool
	Quota       Quota // the number of rules that the group may hold
	Caps        Caps  // limits on its requests
	// Judge returns a judge of the live requests together. nil: they are not judged.
	Judge func() Judge

	held map[string]claim.Faults // by key: requests of [Input.over] for which no further rule is opened
}

// Plan lists the changes after which every accepted request is open.
type Plan struct {
	Desired   claim.Desired           // the union of accepted and waiting requests
	Authorize []secgroup.Entry        // missing rules with descriptions, in the order requested
	Revoke    []secgroup.Entry        // pending revokes, and extra rules of ours that no desired rule needs, in order
	Later     []secgroup.Entry        // extra rules with a replacement that is not in effect yet
	Held      []secgroup.Entry        // extra rules with a replacement that does not fit (held by quota)
	Covered   []secgroup.CoveredEntry // desired rules that existing rules cover
	Accepted  []claim.Request         // open once the plan is performed, in the order received
	Refused   []Refusal               // requests that do not fit and were never served
	Waiting   []Refusal               // requests that do not fit but must not be refused
	Unjudged  bool                    // a request waits because it cannot be judged now
	Usage     Usage                   // the group's usage if every request were served
}

// Refusal is a request that cannot be served, with the reasons.
type Refusal struct {
	Request claim.Request
	Reasons claim.Faults
}

// Make returns the plan. It takes requests in the order received, the served ones first. It
// refuses a request that does not fit the caps or the quota, and continues with the others.
//
// An extra rule of ours does not count as cover, because it will be revoked. So Make decides
// anew after each refusal. For example, a group has tcp 8000-9000, and its launches now desire
// only tcp 8500. Make authorizes 8500, and a later round revokes the range when 8500 is in
// effect. If 8500 does not fit the quota, the range stays and counts as cover.
func Make(in Input) Plan {
	requests := inOrder(in)
	tried := newAttempt(in, requests, nil)
	usage := tried.usageOfAll()
	refused, held := in.over(requests, func(r claim.Request) bool { return len(tried.misses(r)) == 0 })
	in.held = held
	if len(refused)+len(held) > 0 {
		requests = without(requests, refused)
		tried = newAttempt(in, requests, nil)
	}
	var kept []secgroup.Entry
	for {
		misfits := tried.fit()
		more := tried.irreplaceable(misfits)
		switch {
		case len(more) > 0:
			kept = append(kept, more...)
		case len(misfits) > 0:
			refused = append(refused, misfits...)
			requests, kept = without(requests, misfits), nil
		default:
			p := tried.plan()
			p.Refused, p.Usage = refused, usage
			return p
		}
		tried = newAttempt(in, requests, kept)
	}
}

// keeps reports whether a request waits, instead of being refused, if it does not fit.
func (in Input) keeps(r claim.Request) bool { return in.announced(r) || in.heldBack(r) != nil }

// heldBack returns the reasons for which no further rule is opened for a request that is not
// refused.
func (in Input) heldBack(r claim.Request) claim.Faults {
	if len(in.held) == 0 {
		return nil // without working out the key
	}
	return in.held[r.Key()]
}

// announced reports whether a request was announced as served, or may have been.
func (in Input) announced(r claim.Request) bool {
	return in.Served.Has(r) || in.mayHaveBeenAnnounced(r)
}

func (in Input) mayHaveBeenAnnounced(r claim.Request) bool {
	return in.MayHaveBeenAnnounced != nil && in.MayHaveBeenAnnounced(r)
}

func (in Input) ours(e secgroup.Entry) bool { return in.Ours != nil && in.Ours(e) }

// inEffect returns the entries that are in effect, and so may replace others.
func (in Input) inEffect(entries []secgroup.Entry) []secgroup.Entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e secgroup.Entry) bool { return in.NotInEffect[e.ID] })
}

// inOrder returns the served requests, then the others, each part in the order received.
func inOrder(in Input) []claim.Request {
	var fresh []claim.Request
	served := slices.DeleteFunc(slices.Clone(claim.InOrder(in.Requests)), func(r claim.Request) bool {
		isFresh := !in.Served.Has(r)
		if isFresh {
			fresh = append(fresh, r)
		}
		return isFresh
	})
	return append(served, fresh...)
}

// without returns the requests that are not refused.
func without(requests []claim.Request, refusals []Refusal) []claim.Request {
	gone := make(map[string]bool, len(refusals))
	for _, r := range refusals {
		gone[r.Request.Key()] = true
	}
	return slices.DeleteFunc(slices.Clone(requests), func(r claim.Request) bool {
		return len(gone) > 0 && gone[r.Key()]
	})
}
