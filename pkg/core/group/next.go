package group

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
)

// Satisfied returns the live requests that this round or an earlier one served, and those that
// wait for a later one.
func (s State) Satisfied(d Decision) (served, waiting []claim.Request) {
	waits := d.waits()
	served = slices.DeleteFunc(s.Live(), func(r claim.Request) bool {
		unserved := waits(r) && !s.Ledger.Served.Has(r)
		if unserved {
			waiting = append(waiting, r)
		}
		return unserved
	})
	return served, waiting
}

// waits returns a function that reports whether a request waits, or has a deferred refusal.
func (d Decision) waits() func(claim.Request) bool {
	keys := make(map[string]bool, len(d.Waiting)+len(d.Deferred))
	for _, r := range slices.Concat(d.Waiting, d.Deferred) {
		keys[r.Request.Key()] = true
	}
	return func(r claim.Request) bool { return len(keys) > 0 && keys[r.Key()] }
}

// ToAnnounce returns the served requests to announce.
func (s State) ToAnnounce(d Decision) []claim.Request {
	served, _ := s.Satisfied(d)
	waits := d.waits()
	return slices.DeleteFunc(served, func(r claim.Request) bool { return waits(r) || !s.isNew(r) })
}

// NewlyFinished returns the requests that reached one of the statuses since the last released
// round. No released round has announced them.
func (s State) NewlyFinished(statuses ...claim.Status) []claim.Request {
	return slices.DeleteFunc(slices.Clone(s.Requests), func(r claim.Request) bool {
		return !slices.Contains(statuses, r.Status) || !Unannounced(s.Ledger, r.Finished)
	})
}

// EndedNow returns the ends in this group that no released round has announced, including
// those of launches without requests here.
func (s State) EndedNow() []claim.End {
	return slices.DeleteFunc(slices.Clone(s.Ends), func(e claim.End) bool {
		return e.Archived || !Unannounced(s.Ledger, e.At)
	})
}

// Unannounced reports whether no released round can have announced an end, a refusal or an
// expiry with the given time.
func Unannounced(l claim.Ledger, finished time.Time) bool {
	return !finished.Before(l.Served.Through.Add(-claim.Margin))
}

// Next returns the ledger for the next round. An observing round writes nothing to EC2, so it
// serves no request.
func (s State) Next(d Decision, observing bool) claim.Ledger {
	l := s.assumeOpen(d, s.Ledger)
	l.Unreleased = s.unreleased()
	l.Due = s.due(d)
	l.Until = lagEnds(l)
	if l.Lost = s.lastLoss(); s.Loaded.Sub(l.Lost) >= Certain {
		l.Lost = time.Time{}
	}
	l = s.retire(l)
	if !observing {
		served, waiting := s.Satisfied(d)
		l.Served = s.Ledger.Served.After(s.Loaded, served, waiting...)
	}
	return l
}

// lagEnds returns the time after which EC2's describe shows no rule that the ledger lists as
// revoked or pending.
func lagEnds(l claim.Ledger) (until time.Time) {
	for _, g := range l.Revoked {
		until = latest(until, g.At.Add(claim.Lag))
	}
	for _, p := range l.PendingRevokes {
		until = latest(until, p.Since.Add(Certain))
	}
	return until
}

// unreleased returns when a round last began after an unreleased one. It returns zero once a
// describe shows everything that the unreleased round saw. A request that is not served by
// then was never announced.
func (s State) unreleased() time.Time {
	switch {
	case s.Interrupted:
		return s.Loaded
	case s.Loaded.Sub(s.Ledger.Unreleased) < Certain:
		return s.Ledger.Unreleased
	}
	return time.Time{}
}

// due returns when a sweep must serve the group: at the next expiry, when a replacement is in
// effect, after writes, or in an hour. It is zero if the group has no live request and no
// sgkeeper rule.
//
// A crashed holder may have opened rules that no describe has shown. So the group stays due
// for some time after the last request was finished.
func (s State) due(d Decision) time.Time {
	if s.Unreadable != nil {
		return s.dueDenied()
	}
	live := s.Live()
	var times []time.Time
	if len(live)+len(d.Held) > 0 || s.anyDenied() {
		times = append(times, s.Loaded.Add(checkAfter))
	}
	if len(d.Later) > 0 {
		times = append(times, s.Loaded.Add(claim.EffectTime+time.Second))
	}
	if s.mayServeSoon(d) {
		times = append(times, s.Loaded.Add(time.Minute))
	}
	missing := len(live) > 0 && !s.Ledger.Missing.IsZero()
	if len(s.Removed)+len(d.Revoke) > 0 || s.waitsAnnounced(d) || s.anyAssumed() || missing {
		times = append(times, s.Loaded.Add(verifyAfter))
	}
	for _, r := range live {
		if !r.ExpiresAt.IsZero() {
			times = append(times, r.ExpiresAt.Add(claim.ExpiryGrace))
		}
	}
	if over := claim.ArchivableSince(s.Requests, s.Ends); !over.IsZero() { // one sweep archives only some of many
		times = append(times, latest(over.Add(claim.Margin), s.Loaded.Add(time.Minute)))
	}
	if until := s.Ledger.Frozen.Until; !until.IsZero() {
		times = append(times, until)
	}
	if s.HistoryLost() {
		times = append(times, s.Loaded.Add(verifyAfter)) // keeps the alarm on
	}
	if last := s.lastLoss().Add(Certain); last.After(s.Loaded) {
		times = append(times, last)
	}
	if len(times) == 0 {
		return time.Time{}
	}
	return slices.MinFunc(times, time.Time.Compare)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// mayServeSoon reports whether the next round may serve a waiting request. It may if EC2 did not
// show whether a rule exists, or did not find a pending one. It may also if the request could
// not be judged.
func (s State) mayServeSoon(d Decision) bool {
	if len(s.round.uncertain) > 0 || d.Rationed || d.Unjudged {
		return true
	}
	for _, e := range s.pending {
		if s.round.unrevoked[e.ID] == notFound {
			return true
		}
	}
	return slices.ContainsFunc(d.Waiting, func(r plan.Refusal) bool {
		_, left := s.leftOpen(d, r.Request)
		return left
	})
}

func (s State) anyDenied() bool {
	for _, why := range s.round.unrevoked {
		if why == denied {
			return true
		}
	}
	return false
}

// waitsAnnounced reports whether a request that may have been announced waits.
func (s State) waitsAnnounced(d Decision) bool {
	return slices.ContainsFunc(d.Waiting, func(r plan.Refusal) bool { return s.MayHaveBeenAnnounced(r.Request) })
}

// anyAssumed reports whether EC2 has not described a made rule yet.
func (s State) anyAssumed() bool {
	return slices.ContainsFunc(s.Ledger.Made, func(m claim.Made) bool { return m.Assumed(s.Loaded) })
}

// lastLoss returns when a request was last finished, or a rule last revoked.
func (s State) lastLoss() (last time.Time) {
	last = s.Ledger.Lost
	for _, r := range s.Requests {
		last = latest(last, r.Finished)
	}
	for _, g := range s.Ledger.Revoked {
		last = latest(last, g.At)
	}
	for _, p := range s.Ledger.PendingRevokes {
		last = latest(last, p.Since)
	}
	return last
}
