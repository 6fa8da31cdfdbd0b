package claim

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"
)

// Served remembers, in a few bytes, which requests of a group a round has
// served, so that a round knows whom it serves for the first time and never
// refuses a request that was served before. Marking each request would cost a
// write a launch; this goes with the release that each round makes anyway.
//
// A request received long before the last round has been served by it, unless
// it is among those that had to wait. For those near it, whose order two
// machines' clocks cannot tell, Recent names each one. It assumes that a claim
// is in the table within [Margin] of its Received by anybody's clock.
type Served struct {
	Through time.Time // when the last round loaded the requests; zero before the first
	Recent  []Mark    // the served requests received less than Margin before Through, or that had waited; sorted
	Waiting []Mark    // the open requests that no round could serve so far, sorted
}

// Margin bounds how much later than its Received a request can appear in the
// table, clock skew included.
const Margin = time.Minute

// Mark stands for a request's key.
type Mark uint64

// MarkOf returns the first eight bytes of the key's SHA-256.
func MarkOf(r Request) Mark {
	sum := sha256.Sum256([]byte(r.Key()))
	return Mark(binary.BigEndian.Uint64(sum[:]))
}

// Has reports whether r has been served.
func (s Served) Has(r Request) bool {
	if r.Received.Before(s.Through.Add(-Margin)) {
		return len(s.Waiting) == 0 || !contains(s.Waiting, MarkOf(r))
	}
	return contains(s.Recent, MarkOf(r))
}

// Waits reports whether r is known to wait.
func (s Served) Waits(r Request) bool { return contains(s.Waiting, MarkOf(r)) }

func contains(sorted []Mark, m Mark) bool {
	_, found := slices.BinarySearch(sorted, m)
	return found
}

// After returns what to remember after a round that loaded its requests at the
// given time, and served some of them while others wait.
func (s Served) After(loaded time.Time, served []Request, waiting ...Request) Served {
	if loaded.Before(s.Through) {
		loaded = s.Through // a slower clock must not make old requests new
	}
	next := Served{Through: loaded}
	for _, r := range served {
		if !r.Received.Before(loaded.Add(-Margin)) || len(s.Waiting) > 0 && contains(s.Waiting, MarkOf(r)) {
			next.Recent = append(next.Recent, MarkOf(r))
		}
	}
	for _, r := range waiting {
		next.Waiting = append(next.Waiting, MarkOf(r))
	}
	slices.Sort(next.Recent)
	slices.Sort(next.Waiting)
	return next
}

// Join returns what both know: for a function that served requests and then
// found that another had taken the lease over. Whoever waits still does by the
// later of the two, which saw all that the earlier one saw.
func (s Served) Join(t Served) Served {
	if t.Through.After(s.Through) {
		s, t = t, s
	}
	joined := Served{Through: s.Through, Recent: slices.Concat(s.Recent, t.Recent)}
	slices.Sort(joined.Recent)
	joined.Recent = slices.Compact(joined.Recent)
	for _, m := range s.Waiting {
		if !contains(joined.Recent, m) {
			joined.Waiting = append(joined.Waiting, m)
		}
	}
	return joined
}
