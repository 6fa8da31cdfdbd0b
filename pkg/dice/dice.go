// Package dice has the chances of the simulations.
package dice

import (
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// Seed is the seed of one simulation. A throw depends on the seed and on its occasion, never on
// the order of the throws. So concurrent goroutines do not disturb each other.
type Seed uint64

// Of returns the chances of one occasion.
func (s Seed) Of(occasion string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(occasion))
	return rand.New(rand.NewPCG(uint64(s), h.Sum64()))
}

// Chance is true with probability p.
func Chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

// Pick returns one of some values.
func Pick[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

// Between returns a duration in [from, to), to the nanosecond. Two are hardly ever equal, so
// two goroutines hardly ever wake up at the same moment.
func Between(r *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(r.Int64N(int64(to-from)))
}
