package claim

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"
)

// Served records in a few bytes which requests of a group a round has served. So a round can
// tell which requests are new, and never refuses a served one. A mark on each request would
// cost a write a launch; Served is part of the release of each round.
//
// A request received long before the last round was served by it, unless Waiting lists it. The
// clocks of two functions cannot order requests near that time, so Recent lists each served
// one. Served relies on [Margin]: the table has a request within that time after Received, by
// any clock.
type Served struct {
	Through time.Time // when the last round loaded the requests; zero: no round yet
	Recent  []Mark    // served requests received less than Margin before Through, or that had waited; sorted
	Waiting []Mark    // live requests that no round could serve so far; sorted
}

// Margin bounds how much later than its Received a request can appear in the
// table, clock skew included.
const Margin = time.Minute

// Mark is a hash of a request's key.
type Mark uint64

// MarkOf returns the first eight bytes of the key's SHA-256.
func MarkOf(r Request) Mark {
	sum := sha256.Sum256([]byte(r.Key()))
	return Mark(binary.BigEndian.Uint64(sum[:]))
}

// Has reports whether a round has served r.
func (s Served) Has(r Request) bool {
	if r.Received.Before(s.Through.Add(-Margin)) {
		return len(s.Waiting) == 0 || !contains(s.Waiting, MarkOf(r))
	}
	return contains(s.Recent, MarkOf(r))
}

// Waits reports whether r is recorded as waiting.
func (s Served) Waits(r Request) bool { return contains(s.Waiting, MarkOf(r)) }

func contains(sorted []Mark, m Mark) bool {
	_, found := slices.BinarySearch(sorted, m)
	return found
}

// After returns the record after a round that loaded its requests at the given time, and
// served some of them while others wait.
func (s Served) After(loaded time.Time, served []Request, waiting ...Request) Served {
	if loaded.Before(s.Through) {
		loaded = s.Through // a slower clock must not make old requests new again
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

// Join returns the union of both records, for a function that served requests and then lost
// the lease to another. A request waits if it waits in the later record, because that round
// read everything the earlier one did.
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
