package guard_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// manyEntries returns a guard of n allow entries, each for a launch and a port.
func manyEntries(n int) *guard.Guard {
	entries := make([]guard.Entry, n)
	for i := range entries {
		entries[i].ID = fmt.Sprintf("e%d", i)
		entries[i].Launches = []string{fmt.Sprintf("team-%d-*", i%100)}
		for _, from := range []string{fmt.Sprintf("10.%d.%d.0/24", i/256%256, i%256), peer} {
			rule := secgroup.MustParseRule(fmt.Sprintf("tcp %d from %s", 1024+i%50000, from))
			entries[i].Terms = append(entries[i].Terms, guard.Term{Rule: rule})
		}
	}
	return guard.New(guard.Guardrails{Builtin: true, Restricted: true, Allow: entries})
}

func TestManyEntries(t *testing.T) {
	g := manyEntries(10_000)
	a := ask("tcp 1031 from 10.0.7.0/24")
	a.Launch.Name = "team-7-x"
	if got := check(t, g, a); got != "" {
		t.Error(got)
	}
	a.Launch.Name = "team-8-x"
	if got := check(t, g, a); !strings.Contains(got, `no allow entry admits it; allowed would be`) {
		t.Error(got)
	}
}

func BenchmarkCheck(b *testing.B) {
	for _, n := range []int{0, 100, 10_000} {
		b.Run(fmt.Sprintf("%d entries", n), func(b *testing.B) {
			g := guard.Builtin()
			if n > 0 {
				g = manyEntries(n)
			}
			a := ask("tcp 1031 from 10.0.7.0/24")
			a.Launch.Name = "team-7-x"
			for b.Loop() {
				g.Check(a)
			}
		})
	}
}
