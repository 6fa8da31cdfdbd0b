package claim

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Kept is how long the table keeps the end of a launch and each of its requests. It must
// exceed the time of every redelivery: EventBridge's 24 hours, a queue's 14 days (EventBridge
// and SQS quotas), and a redrive.
const Kept = 45 * 24 * time.Hour

// End is the end of a launch's part in one group.
type End struct {
	Launch Launch
	At     time.Time
	// Archived: the launch's requests are archived, so this end is not needed for them. It may
	// be deleted after Forget.
	Archived bool
	Forget   time.Time
}

// EndedFault returns the fault of a request for a launch that has ended.
func EndedFault(launch string) Fault {
	return Fault{
		Field: "/launch",
		Problem: "launch-ended: the launch has ended and cannot be opened again; give it a new name, such as " +
			launch + "-2",
	}
}

// Covers reports whether e ended the request. A launch can request nothing while its end is
// kept. So a request received much later belongs to another launch of the same name, and
// DynamoDB has not deleted e yet.
func (e End) Covers(r Request) bool {
	return e.Launch == r.Launch && r.Received.Before(e.At.Add(Kept/2))
}

// ApplyEnds returns the requests, those of ended launches with status Ended. It does not change
// its arguments.
func ApplyEnds(requests []Request, ends []End) []Request {
	finished := slices.Clone(requests)
	if len(ends) == 0 {
		return finished
	}
	byLaunch := make(map[Launch]End, len(ends))
	for _, e := range ends {
		byLaunch[e.Launch] = e
	}
	for i, r := range finished {
		if end, ended := byLaunch[r.Launch]; ended && end.Covers(r) {
			finished[i].Status, finished[i].Finished = Ended, end.At
		}
	}
	return finished
}

// Archive is the part of one launch in a group that no round needs to read any more.
type Archive struct {
	Launch   Launch
	Requests []Request // ended, expired or refused
	End      time.Time // of the launch's part in the group; zero: none to archive
	Lives    bool      // the launch has other requests in the group
	// Forget: the launch's requests were archived long ago, so its end may be deleted.
	Forget bool
}

// EndLingers is how long an end is kept after the last of its requests was archived. A scan
// that read one of the requests before can still read the end.
const EndLingers = time.Hour

// ArchivableSince returns the time of the oldest finished request or end that may be archived;
// zero: there is none.
func ArchivableSince(finished []Request, ends []End) (first time.Time) {
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
	for _, r := range finished {
		if r.Status != Open {
			earliest(r.Finished)
		}
	}
	return first
}

// since returns the earliest time in the archive.
func (a Archive) since() (first time.Time) {
	first = a.End
	for _, r := range a.Requests {
		if first.IsZero() || r.Finished.Before(first) {
			first = r.Finished
		}
	}
	return first
}

// Archivable returns the parts that were finished at the given time or before. The oldest come
// first, so a sweep that archives only some of them postpones none forever.
func Archivable(finished []Request, ends []End, by time.Time) []Archive {
	launches := make(map[Launch]*Archive)
	of := func(l Launch) *Archive {
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
	for _, r := range finished {
		if a := of(r.Launch); r.Status != Open && !r.Finished.After(by) {
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
		return cmp.Or(a.since().Compare(b.since()), cmp.Compare(a.Launch.Owner(), b.Launch.Owner()),
			cmp.Compare(a.Launch.Name, b.Launch.Name))
	})
	return all
}
