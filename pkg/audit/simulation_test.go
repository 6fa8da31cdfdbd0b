package audit_test

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
	simSeeds = flag.Int("seeds", 0,
		"how many seeds TestAuditSimulation runs; 0 is 2,000, or less in a run of many tests")
	simFirst = flag.Uint64("first", 1, "the first seed that TestAuditSimulation runs, so that a long run can be cut")
	simSeed  = flag.Uint64("seed", 0, "run this one simulation, and show its trace")
)

// TestAuditSimulation runs small worlds with every kind of fault, each from its own seed.
func TestAuditSimulation(t *testing.T) {
	if *simSeed != 0 {
		replay(t, *simSeed, weakening{})
		return
	}
	count := *simSeeds
	if count == 0 {
		count = proof.Pick(t, 2000, 25, 10)
	}
	seeds, faults, violations := 0, 0, 0
	var mu sync.Mutex
	each(count, func(seed uint64) (enough bool) {
		s := simulated(t, seed, weakening{})
		mu.Lock()
		defer mu.Unlock()
		seeds++
		faults += s.faults
		violations += len(s.violations)
		if len(s.violations) > 0 {
			t.Errorf("seed %d: %s\n%s\nreplay it with -run 'TestAuditSimulation$' -seed %d", seed,
				strings.Join(s.violations, "\n"), s.last(), seed)
		}
		return violations >= manyViolations
	})
	fmt.Printf("audit simulation: %d seeds from %d, %d faults, %d violations\n", seeds, *simFirst, faults, violations)
}

// manyViolations is the number of violations after which a simulation stops.
const manyViolations = 20000

// each calls f with the given number of seeds from the first, two at a time. It stops once f
// returns true.
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
func simulated(t *testing.T, seed uint64, w weakening) (s *simulation) {
	synctest.Test(t, func(t *testing.T) { s = simulate(t, seed, w) })
	return s
}

func replay(t *testing.T, seed uint64, w weakening) {
	s := simulated(t, seed, w)
	for _, line := range s.trace {
		_, _ = fmt.Fprintln(os.Stderr, line.brief())
	}
	if len(s.violations) > 0 {
		t.Errorf("seed %d: %s", seed, strings.Join(slices.Clone(s.violations), "\n"))
	}
}
