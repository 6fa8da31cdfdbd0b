package drift

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

var equal = cmp.Options{cmp.Comparer(func(a, b secgroup.Rule) bool { return a == b }), cmpopts.EquateEmpty()}

var drawRule = rapid.Custom(func(t *rapid.T) string {
	proto := rapid.SampledFrom([]string{"tcp", "tcp", "tcp", "udp", "icmp", "all"}).Draw(t, "protocol")
	if proto == "tcp" || proto == "udp" {
		first := rapid.IntRange(20, 30).Draw(t, "first")
		proto += fmt.Sprintf(" %d-%d", first, first+rapid.IntRange(1, 4).Draw(t, "more"))
	}
	way := rapid.SampledFrom([]string{" from ", " from ", " from ", " to "}).Draw(t, "way")
	return proto + way + rapid.SampledFrom([]string{
		"0.0.0.0/0", "::/0", "10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "10.1.0.0/16", "fd00::/8", "self",
		"sg-0bbbbbbbbbbbbbbbb", "999988887777/sg-0cccccccccccccccc", "pl-0dddddddddddddddd",
	}).Draw(t, "peer")
})

// drawServed draws a group that has exactly the requested rules.
func drawServed(t *rapid.T) (Facts, Policy) {
	f, p := world()
	f.Interfaces = rapid.IntRange(0, 1).Draw(t, "interfaces")
	there := make(map[secgroup.Rule]bool)
	for i := range rapid.IntRange(0, 4).Draw(t, "launches") {
		launch := fmt.Sprint("l", i)
		r := request(launch, rapid.SliceOfN(drawRule, 1, 4).Draw(t, launch)...)
		r.Rules = secgroup.Merge(r.Rules)
		f.Requests = append(f.Requests, r)
		for _, e := range r.Rules {
			if !there[e.Rule] {
				there[e.Rule] = true
				f.Entries = append(f.Entries, made(launch, fmt.Sprint(len(there)), e.Rule.String()))
			}
		}
	}
	return f, p
}

// TestServedIsClean: rules that were made for requests are no drift.
func TestServedIsClean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, p := drawServed(t)
		if _, drifts := Compare(f, p, now); len(drifts) > 0 {
			t.Fatalf("found\n%s", details(drifts))
		}
	})
}

// TestAddedIsFound: a drift names each added rule without a request or an exception.
func TestAddedIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, p := drawServed(t)
		added := entry("added", drawRule.Draw(t, "added"))
		if rapid.Bool().Draw(t, "excepted") {
			excepts(now.Add(1), "web", drawRule.Draw(t, "exception"))(&f, &p)
		}
		c := newComparison(f, p, now)
		explained := c.explainedCover().Covers(added.Rule) || c.byDefault(added.Rule)
		f.Entries = append(f.Entries, added)
		_, drifts := Compare(f, p, now)
		named := slices.ContainsFunc(drifts, func(d Drift) bool { return d.Rule.ID == added.ID })
		if !named && !explained {
			t.Fatalf("%v was not found, only\n%s", added.Rule, details(drifts))
		}
	})
}

// TestRemovedIsFound: if a requested rule is removed, adding the gap opens all of it again.
func TestRemovedIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, p := drawServed(t)
		if len(f.Entries) == 0 {
			return
		}
		i := rapid.IntRange(0, len(f.Entries)-1).Draw(t, "removed")
		gone := f.Entries[i].Rule
		f.Entries = slices.Delete(f.Entries, i, i+1)
		have := secgroup.Rules(f.Entries)
		_, drifts := Compare(f, p, now)
		for _, d := range drifts {
			have = have.Union(secgroup.SetOf(d.Gap...))
		}
		if !secgroup.NewCover(have).Covers(gone) {
			t.Fatalf("%v is not covered with the gaps of\n%s", gone, details(drifts))
		}
		if len(drifts) == 0 != secgroup.NewCover(secgroup.Rules(f.Entries)).Covers(gone) {
			t.Fatalf("%v: found\n%s", gone, details(drifts))
		}
	})
}

// TestOrderAndIDs: neither the order of the facts nor the time changes the drifts, and no two
// drifts of a group have one id.
func TestOrderAndIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, p := drawServed(t)
		for i, text := range rapid.SliceOfN(drawRule, 0, 5).Draw(t, "added") {
			f.Entries = append(f.Entries, entry(fmt.Sprint("a", i), text))
		}
		if len(f.Entries) > 0 {
			f.Entries = slices.Delete(f.Entries, 0, rapid.IntRange(0, 1).Draw(t, "removed"))
		}
		g, drifts := Compare(f, p, now)
		r := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed")))
		r.Shuffle(len(f.Entries), func(i, j int) { f.Entries[i], f.Entries[j] = f.Entries[j], f.Entries[i] })
		r.Shuffle(len(f.Requests), func(i, j int) { f.Requests[i], f.Requests[j] = f.Requests[j], f.Requests[i] })
		again, same := Compare(f, p, now)
		if diff := cmp.Diff(drifts, same, equal); diff != "" {
			t.Fatalf("the order matters:\n%s", diff)
		}
		if diff := cmp.Diff(g, again, equal); diff != "" {
			t.Fatalf("the order matters:\n%s", diff)
		}
		ids := make(map[string]bool)
		for _, d := range drifts {
			if ids[d.ID] {
				t.Fatalf("two drifts %s:\n%s", d.ID, details(drifts))
			}
			ids[d.ID] = true
		}
	})
}

// TestStripIsExact checks each port.
func TestStripIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, p := drawServed(t)
		f.Entries = append(f.Entries, entry("x", drawRule.Draw(t, "added")))
		if n := len(f.Entries); n > 1 && rapid.Bool().Draw(t, "remove") {
			f.Entries = f.Entries[1:]
		}
		g, _ := Compare(f, p, now)
		asked, there := claim.Fold(f.Requests).Rules, secgroup.Rules(f.Entries)
		for port := int32(19); port < 36; port++ {
			at := lane{secgroup.Ingress, secgroup.TCP}
			a := at.clip(holding(port, of(asked, at)), secgroup.Port(port))
			b := at.clip(holding(port, of(there, at)), secgroup.Port(port))
			var got State
			for _, s := range g.Strip {
				if s.Direction == at.direction && s.Protocol == at.protocol && s.Ports.First <= port &&
					port <= s.Ports.Last {
					got = s.State
				}
			}
			if want := stateOf(a, b, asked, there, at); got != want {
				t.Fatalf("port %d is %q, want %q, asked %v, there %v", port, got, want, a, b)
			}
		}
	})
}

// holding returns the rules that allow traffic to a port.
func holding(port int32, rules []secgroup.Rule) (some []secgroup.Rule) {
	for _, r := range rules {
		if r.Protocol == secgroup.All || r.Ports.First <= port && port <= r.Ports.Last {
			some = append(some, r)
		}
	}
	return some
}

// of returns the rules of a lane, and those for all protocols.
func of(s secgroup.Set, l lane) (rules []secgroup.Rule) {
	for r := range s.All() {
		if r.Direction == l.direction && (r.Protocol == l.protocol || r.Protocol == secgroup.All) {
			rules = append(rules, r)
		}
	}
	return rules
}

func stateOf(a, b []secgroup.Rule, asked, there secgroup.Set, l lane) State {
	own := func(s secgroup.Set, clipped []secgroup.Rule) (n int) {
		n = len(clipped)
		for _, r := range of(s, l) {
			if r.Protocol == secgroup.All {
				n--
			}
		}
		return n
	}
	open, wanted := secgroup.NewCover(secgroup.SetOf(b...)), secgroup.NewCover(secgroup.SetOf(a...))
	lacks := func(c *secgroup.Cover, rules []secgroup.Rule) bool {
		return slices.ContainsFunc(rules, func(r secgroup.Rule) bool { return !c.Covers(r) })
	}
	switch {
	case own(asked, a)+own(there, b) == 0:
		return ""
	case lacks(open, a):
		return Requested
	case lacks(wanted, b):
		return Unrequested
	}
	return AsRequested
}
