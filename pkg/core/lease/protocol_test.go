package lease_test

import (
	"flag"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

var (
	maxStates  = flag.Int("states", 2_000_000, "how many states of a scenario to explore")
	moreFaults = flag.Int("faults", 0, "how many more faults each scenario allows, of any kinds")
	showTraces = flag.Bool("traces", false, "show how each weakening breaks the protocol")
)

// TestProtocol tries every order of the protocol's effects, with faults, and looks for a world
// that breaks a promise. It also proves that every world comes to rest once no more faults
// happen: see ending_test.go. For a long run, over 80 million states with one more fault a
// scenario:
//
//	go test ./pkg/core/lease -run 'TestProtocol$' -v -faults 1 -states 1500000
func TestProtocol(t *testing.T) {
	var states, violations atomic.Int64
	var bound bound
	t.Run("scenarios", func(t *testing.T) {
		for _, md := range slices.Concat(scenarios, lives, swept(afterwards)) {
			t.Run(md.name, func(t *testing.T) {
				t.Parallel()
				md.allow = md.allow.and(*moreFaults)
				md.hourly = md.hourly || md.sweeper && md.allow.all > 1
				s := exploreAndTell(t, md.ready())
				states.Add(int64(len(s.parent)))
				bound.add(s)
				if s.broken != "" {
					violations.Add(1)
					t.Errorf("%s:\n%s", s.broken, s.trace())
				}
			})
		}
	})
	fmt.Printf("protocol: %d states, %d violations\n", states.Load(), violations.Load())
	fmt.Println(&bound)
	if bound.most.effects > mostEffects && *moreFaults == 0 {
		t.Errorf("a state ends after %d effects, want at most %d", bound.most.effects, mostEffects)
	}
}

func exploreAndTell(t *testing.T, md *model) *search {
	start := time.Now()
	s := explore(md, min(*maxStates, proof.Pick(t, *maxStates, 8_000, 8_000)))
	extent := "all of them, which end after " + s.most.String()
	if !s.whole {
		extent = "cut off"
	}
	t.Logf("%s: %d states, %s, up to %d steps, %d symmetries, %v",
		md.name, len(s.parent), extent, s.depth, len(md.twins)+1, time.Since(start).Round(time.Millisecond))
	return s
}

// TestProtocolWeakened removes one precaution at a time. Each removal must break a promise.
// The same worlds break none with the full protocol.
func TestProtocolWeakened(t *testing.T) {
	for _, part := range []struct {
		name string
		of   []weakening
	}{{"weakenings", listed}, {"further weakenings", further}} {
		fmt.Printf("%s: %d of %d caught\n", part.name, caught(t, part.name, part.of, mustBreak), len(part.of))
	}
	fmt.Printf("weakenings of liveness: %d of %d caught\n",
		caught(t, "weakenings of liveness", stalls, mustStall), len(stalls))
}

func caught(t *testing.T, name string, weakenings []weakening, breaks func(*testing.T, string, *model) bool) int64 {
	var n atomic.Int64
	t.Run(name, func(t *testing.T) {
		for _, wk := range weakenings {
			t.Run(wk.name, func(t *testing.T) {
				t.Parallel()
				md := wk.on.ready()
				wk.weaken(md)
				if breaks(t, wk.name, md) {
					n.Add(1)
				}
			})
		}
	})
	return n.Load()
}

// TestProtocolLimits shows the cases that the protocol does not withstand. If you make it
// withstand one, move the row.
func TestProtocolLimits(t *testing.T) {
	for _, md := range limits {
		t.Run(md.name, func(t *testing.T) {
			t.Parallel()
			mustBreak(t, md.name, md.ready())
		})
	}
}

func mustBreak(t *testing.T, name string, md *model) bool {
	s := explore(md, 1_000_000)
	if s.broken == "" {
		t.Errorf("%s: no violation in %d states, all of them: %v", name, len(s.parent), s.whole)
		return false
	}
	t.Logf("%s: caught in %d states by %d steps: %s", name, len(s.parent), len(s.path()), s.broken)
	if *showTraces {
		t.Logf("\n%s", s.trace())
	}
	return true
}

// mustStall reports whether a model stops with work undone or runs for ever, although every
// state is safe.
func mustStall(t *testing.T, name string, md *model) bool {
	safe := *md
	safe.safety = true
	if s := explore(&safe, 1_000_000); s.broken != "" || !s.whole {
		t.Errorf("%s: %q in %d states, all of them: %v; want all, and each safe", name, s.broken, len(s.parent),
			s.whole)
		return false
	}
	return mustBreak(t, name, md)
}

// and allows n more faults, of the kinds that f allows.
func (f faults) and(n int) faults {
	if f == calm && n > 0 {
		f = one
		n--
	}
	for _, k := range []*uint8{&f.all, &f.crash, &f.lost, &f.retried, &f.early, &f.late, &f.stale} {
		if *k > 0 {
			*k += uint8(n)
		}
	}
	return f
}
