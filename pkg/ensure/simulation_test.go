package ensure_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

var (
	simSeeds = flag.Int("seeds", 0, "how many seeds TestSimulation runs; 0 is 2,000, or less in a run of many tests")
	simFirst = flag.Uint64("first", 1, "the first seed that TestSimulation runs, so that a long run can be cut")
	simSeed  = flag.Uint64("seed", 0, "run this one simulation, and show its trace")
)

// TestSimulation runs small worlds with every kind of fault, each from its own seed.
func TestSimulation(t *testing.T) {
	if *simSeed != 0 {
		replay(t, *simSeed)
		return
	}
	seeds, faults, unsafe, stalls, conform := 0, 0, 0, 0, 0
	var mu sync.Mutex
	count := *simSeeds
	if count == 0 {
		count = proof.Pick(t, 2000, 25, 15)
	}
	each(count, func(seed uint64) (enough bool) {
		s := simulated(t, seed)
		mu.Lock()
		defer mu.Unlock()
		seeds++
		faults += s.faults
		unsafe += len(s.violation)
		stalls += len(s.stall)
		conform += s.conform
		if found := slices.Concat(s.violation, s.stall); len(found) > 0 {
			t.Errorf("seed %d: %s\nreplay it with -run TestSimulation -seed %d", seed, strings.Join(found, "\n"), seed)
		}
		return unsafe+stalls >= manyViolations
	})
	fmt.Printf("simulation: %d seeds from %d, %d faults injected, %d violations of safety, %d of liveness\n",
		seeds, *simFirst, faults, unsafe, stalls)
	fmt.Printf("trace: %d groups of %d seeds conform\n", conform, seeds)
}

// manyViolations is the number of violations after which a simulation stops.
const manyViolations = 20

// each calls f with the given number of seeds from the first, two at a time. It stops
// once f returns true.
func each(seeds int, f func(seed uint64) (enough bool)) {
	var all sync.WaitGroup
	var next atomic.Uint64
	next.Store(*simFirst - 1)
	for range 2 {
		all.Go(func() {
			for seed := next.Add(1); seed < *simFirst+uint64(seeds); seed = next.Add(1) {
				if f(seed) {
					return
				}
			}
		})
	}
	all.Wait()
}

// simulated runs one simulation in virtual time.
func simulated(t *testing.T, seed uint64) (s *simulation) {
	synctest.Test(t, func(t *testing.T) { s = simulate(t, seed) })
	return s
}

func replay(t *testing.T, seed uint64) {
	s := simulated(t, seed)
	for _, line := range s.trace {
		if line.call != "due" {
			_, _ = fmt.Fprintln(os.Stderr, line.brief())
		}
	}
	if found := slices.Concat(s.violation, s.stall); len(found) > 0 {
		t.Errorf("seed %d: %s", seed, strings.Join(found, "\n"))
	}
}
