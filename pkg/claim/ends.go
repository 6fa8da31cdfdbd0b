package claim

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
)

// Kept is how long the end of a launch, and each of its requests, is remembered. It
// must outlive every redelivery: EventBridge's 24 hours, a queue's 14 days, and a
// redrive.
const Kept = 45 * 24 * time.Hour

// End is the end of a launch's part in one group.
type End struct {
	Launch events.Launch
	At     time.Time
	// Archived: the launch's requests are archived, so this end has no more to do. It
	// may be deleted from Forget on.
	Archived bool
	Forget   time.Time
}

// Covers reports whether e ended the request. A launch can ask for nothing while its
// end is kept. So a request that was received much later belongs to another launch
// of the same name, and this end is left over.
func (e End) Covers(r Request) bool {
	return e.Launch == r.Launch && r.Received.Before(e.At.Add(Kept/2))
}

// Settle returns the requests with those of ended launches as Ended, whatever their
// status was before. It leaves its arguments as they are.
func Settle(requests []Request, ends []End) []Request {
	settled := slices.Clone(requests)
	if len(ends) == 0 {
		return settled
	}
	byLaunch := make(map[events.Launch]End, len(ends))
	for _, e := range ends {
		byLaunch[e.Launch] = e
	}
	for i, r := range settled {
		if end, ended := byLaunch[r.Launch]; ended && end.Covers(r) {
			settled[i].Status, settled[i].Settled = Ended, end.At
		}
	}
	return settled
}

// Archive is the part of one launch in a group that no round needs to read any more.
type Archive struct {
	Launch   events.Launch
	Requests []Request // ended, expired or refused
	End      time.Time // of the launch's part in the group; zero: none that is not archived
	Lives    bool      // the launch has further requests in the group
	// Forget: the launch's requests were archived long ago, and so may its end be
	// forgotten beside them.
	Forget bool
}

// EndLingers is how long an end is kept beside the requests after the last of them was
// archived. A scan that read one of them before reads the end, too.
const EndLingers = time.Hour

// ArchivableSince returns when the first of the settled requests and ends that may be
// archived was settled; zero: there is none.
func ArchivableSince(settled []Request, ends []End) (first time.Time) {
	earliest := func(at time.Time) {
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	for _, e := range ends {
		if !e.Archived {
			earliest(e.At)
		} else {
			earliest(e.Forget)
		}
	}
	for _, r := range settled {
		if r.Status != Open {
			earliest(r.Settled)
		}
	}
	return first
}

// since returns when the first thing in the archive was settled.
func (a Archive) since() (first time.Time) {
	first = a.End
	for _, r := range a.Requests {
		if first.IsZero() || r.Settled.Before(first) {
			first = r.Settled
		}
	}
	return first
}

// Archivable returns what was settled at the given time or before, the oldest first, so
// that a sweep that takes some of them leaves none for ever.
func Archivable(settled []Request, ends []End, by time.Time) []Archive {
	launches := make(map[events.Launch]*Archive)
	of := func(l events.Launch) *Archive {
		if launches[l] == nil {
			launches[l] = &Archive{Launch: l}
		}
		return launches[l]
	}
	for _, e := range ends {
		switch {
		case !e.Archived && !e.At.After(by):
			of(e.Launch).End = e.At
		case e.Archived && e.Forget.Before(by):
			of(e.Launch).Forget = true
		}
	}
	for _, r := range settled {
		if a := of(r.Launch); r.Status != Open && !r.Settled.After(by) {
			a.Requests = append(a.Requests, r)
		} else {
			a.Lives = true
		}
	}
	var all []Archive
	for a := range maps.Values(launches) {
		a.Forget = a.Forget && !a.Lives && len(a.Requests) == 0
		if len(a.Requests) > 0 || !a.End.IsZero() || a.Forget {
			all = append(all, *a)
		}
	}
	slices.SortFunc(all, func(a, b Archive) int {
		return cmp.Or(a.since().Compare(b.since()), cmp.Compare(a.Launch.Owner(), b.Launch.Owner()), cmp.Compare(a.Launch.Name, b.Launch.Name))
	})
	return all
}
