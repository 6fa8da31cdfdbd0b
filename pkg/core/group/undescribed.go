package group

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
)

// ObserveDenied returns the state of a group that sgkeeper may not describe. The reason
// names the permission and the remedy.
func (s State) ObserveDenied(reason claim.Fault, now time.Time) State {
	s.Described, s.Exists, s.Now = nil, false, now
	s.Unreadable = &reason
	return s
}

// decideDenied decides for a group that sgkeeper may not describe. It refuses a request that
// was never served, but not at once, because IAM applies a new policy with a delay. All others
// wait for the permission.
func (s State) decideDenied() (d Decision) {
	for _, r := range s.Live() {
		refusal := plan.Refusal{Request: r, Reasons: claim.Faults{*s.Unreadable}}
		if s.hopeless(r) {
			d.Refused = append(d.Refused, refusal)
		} else {
			d.Waiting = append(d.Waiting, refusal)
		}
	}
	return d
}

// hopeless reports whether to refuse a request because its group cannot be described. That is
// so if the denial has outlasted IAM's delay, no round announced the request, and no rule is
// open for it alone.
func (s State) hopeless(r claim.Request) bool {
	return s.Now.Sub(r.Received) >= NewGroup && s.Ledger.Frozen == "" &&
		!s.Ledger.Served.Has(r) && !s.MayHaveBeenAnnounced(r) && !s.madeFor(r)
}

// madeFor reports whether a rule was recently made that only this request contains.
func (s State) madeFor(r claim.Request) bool {
	others := claim.Fold(slices.DeleteFunc(s.Live(), func(o claim.Request) bool { return o.Same(r) }))
	return slices.ContainsFunc(s.Ledger.Made, func(m claim.Made) bool {
		return requestsRule(r, m.Rule) && others.First(m.Rule) == ""
	})
}

// dueDenied returns when to try again to describe the group: after verifyAfter, or when the
// next request can be refused.
func (s State) dueDenied() time.Time {
	due := s.Loaded.Add(verifyAfter)
	for _, r := range s.Live() {
		refusable := r.Received.Add(NewGroup)
		if refusable.After(s.Loaded) && refusable.Before(due) && !s.Ledger.Served.Has(r) {
			due = refusable
		}
	}
	return due
}

// RefusedNow returns the requests with a refusal to announce. If sgkeeper may not describe the
// group, the round that made a refusal announces it. If that round was not released, the next
// one announces it again. The first round that describes the group announces all of them
// again, because no request counts as served before.
func (s State) RefusedNow() []claim.Request {
	refused := s.NewlyFinished(claim.Refused)
	if s.Unreadable == nil || s.Interrupted {
		return refused
	}
	return slices.DeleteFunc(refused, func(r claim.Request) bool { return r.Finished.Before(s.Loaded) })
}
