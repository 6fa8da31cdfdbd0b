package audit_test

import (
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// dice are the chances of one simulation. A throw depends on the seed and on its purpose,
// never on the order of the throws. So concurrent goroutines do not disturb each other.
type dice uint64

// of returns the chances of one occasion.
func (d dice) of(occasion string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(occasion))
	return rand.New(rand.NewPCG(uint64(d), h.Sum64()))
}

// chance is true with probability p.
func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

// pick returns one of some values.
func pick[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

// between returns a duration in [from, to), to the nanosecond. Two are hardly ever equal, so
// two goroutines hardly ever wake up at the same moment.
func between(r *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(r.Int64N(int64(to-from)))
}
