// Package plan turns what is asked of a group, what stands in it, who owns what
// and a quota into what is to be written. It is pure and takes the clock as a
// value: `sgkeeper plan` prints what ensure performs.
package plan

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Input is all that a plan depends on.
type Input struct {
	Entries  []secgroup.Entry // what stands in the group
	Requests []claim.Request  // the open requests, in any order
	Served   claim.Served     // which of them a round has served before
	// MayHaveBeenAnnounced reports whether a holder that died or yielded could have
	// announced a request that is not in Served. Such a request waits instead of being
	// refused. nil: there is none.
	MayHaveBeenAnnounced func(claim.Request) bool
	// Ours reports whether this installation made an entry. nil: it made none.
	Ours func(secgroup.Entry) bool
	// PendingRevokes are not among Entries. They are revoked whatever is desired.
	PendingRevokes []secgroup.Entry
	// NotInEffect holds the ids of entries that were made so recently that no other
	// rule may be revoked in reliance on them.
	NotInEffect map[string]bool
	Quota       Quota // how many rules the group may hold
	Caps        Caps  // how much may be asked of it

	held map[string]events.Faults // by key: requests beyond the caps that are not to be refused
}

// Plan says what to write so that every accepted request is open.
type Plan struct {
	Desired   claim.Desired    // what the accepted and waiting requests ask together
	Authorize []secgroup.Entry // rules to add, described, in the order they were asked for
	Revoke    []secgroup.Entry // rules of ours that no such request asks for and nothing needs, in order
	Later     []secgroup.Entry // likewise, but what is to take their place has not settled yet
	Held      []secgroup.Entry // likewise, but there is no room for what would take their place
	Covered   []events.Covered // asked for and admitted already
	Accepted  []claim.Request  // open once the plan is carried out, in the order received
	Refused   []Refusal        // requests that do not fit, never served before
	Waiting   []Refusal        // requests that do not fit and are not to be refused
	Usage     Usage            // what all requests together come to
}

// Refusal is a request and why it cannot be served.
type Refusal struct {
	Request claim.Request
	Reasons events.Faults
}

// Make decides. Requests are taken in the order received, those served before
// first; one that does not fit the caps or the quota is refused and the others go on.
//
// A rule of ours that no accepted request asks for does not count as cover,
// since it is to go; so after a refusal all is decided again without it. But
// where there is no room for what would replace it, it stays and counts.
func Make(in Input) Plan {
	requests := inOrder(in)
	round := newRound(in, requests, nil)
	usage := round.usageOfAll()
	refused, held := in.over(requests)
	in.held = held
	if len(refused)+len(held) > 0 {
		requests = without(requests, refused)
		round = newRound(in, requests, nil)
	}
	var kept []secgroup.Entry
	for {
		misfits := round.fit()
		more := round.irreplaceable(misfits)
		switch {
		case len(more) > 0:
			kept = append(kept, more...)
		case len(misfits) > 0:
			refused = append(refused, misfits...)
			requests, kept = without(requests, misfits), nil
		default:
			p := round.plan()
			p.Refused, p.Usage = refused, usage
			return p
		}
		round = newRound(in, requests, kept)
	}
}

// keeps reports whether a request waits where it does not fit.
func (in Input) keeps(r claim.Request) bool {
	return in.Served.Has(r) || in.mayHaveBeenAnnounced(r)
}

func (in Input) mayHaveBeenAnnounced(r claim.Request) bool {
	return in.MayHaveBeenAnnounced != nil && in.MayHaveBeenAnnounced(r)
}

func (in Input) ours(e secgroup.Entry) bool { return in.Ours != nil && in.Ours(e) }

// inEffect returns the entries that other rules may be revoked in reliance on.
func (in Input) inEffect(entries []secgroup.Entry) []secgroup.Entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e secgroup.Entry) bool { return in.NotInEffect[e.ID] })
}

// inOrder returns the requests, those served before first, each part in the
// order received.
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

// without returns the requests that are not among the refusals.
func without(requests []claim.Request, refusals []Refusal) []claim.Request {
	gone := make(map[string]bool, len(refusals))
	for _, r := range refusals {
		gone[r.Request.Key()] = true
	}
	return slices.DeleteFunc(slices.Clone(requests), func(r claim.Request) bool { return len(gone) > 0 && gone[r.Key()] })
}
