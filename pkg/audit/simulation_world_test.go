package audit_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/dice"
)

// The world of a simulation. Each group has a few spots. A spot is one rule that can exist, on a
// port of its own, so that no rule covers another. The facts of the world say which drift a spot
// has: that is the truth, in a few lines that share nothing with package drift.

const (
	simPeer = "sg-0eeeeeeeeeeeeeeee" // a group that rules refer to, and that may be deleted
	simList = "pl-0bbbbbbbbbbbbbbbb"
)

// spotKind says what a spot's rule is like.
type spotKind string

const (
	plainSpot     spotKind = "plain"
	sensitiveSpot spotKind = "sensitive" // a sensitive port, for a few addresses
	worldSpot     spotKind = "world"     // a sensitive port, for the world
	staleSpot     spotKind = "reference" // refers to simPeer
	listSpot      spotKind = "list"      // a sensitive port, for simList
)

// spot is one rule that can exist.
type spot struct {
	group    *simGroup
	kind     spotKind
	port     int
	peer     string
	rule     fact             // the rule exists
	asked    fact             // a live launch requests it
	excepted fact             // an exception explains it
	asks     map[string]*fact // the same, by launch
	launch   string           // the current one
	id       string           // of the rule
}

// simGroup is one security group.
type simGroup struct {
	id     string
	exists fact
	listed fact // the same, for the later call that lists stale references
	tagged fact
	spots  []*spot
}

func (g *simGroup) live(is func(*fact) bool) bool {
	live := false
	for _, s := range g.spots {
		live = is(&s.asked) || live
	}
	return live
}

// simWorld is all groups, and the facts that concern all of them.
type simWorld struct {
	groups  []*simGroup
	busy    []*spot     // outsiders change these
	gone    fact        // simPeer was deleted
	wide    fact        // simList contains the world
	denied  fact        // the guardrails refuse requests of plain spots with an odd port
	version int         // of simList
	changed []time.Time // when the entries of simList changed
}

func newWorld(r *rand.Rand) *simWorld {
	w := new(simWorld)
	for g := range 2 + r.IntN(3) {
		group := &simGroup{id: fmt.Sprintf("sg-%017x", 1+g)}
		group.exists.set(true)
		group.listed.set(true)
		group.tagged.set(g == 0 || dice.Chance(r, 0.85))
		kinds := []spotKind{plainSpot, plainSpot}
		for _, k := range []spotKind{sensitiveSpot, worldSpot, staleSpot, listSpot} {
			if dice.Chance(r, 0.4) {
				kinds = append(kinds, k)
			}
		}
		for i, k := range kinds {
			s := &spot{group: group, kind: k, port: 8001 + i, peer: "192.0.2.0/24", asks: map[string]*fact{}}
			s.asked.lag = graceOf
			switch k {
			case sensitiveSpot:
				s.port = 3306
			case worldSpot:
				s.port, s.peer = 3389, "0.0.0.0/0"
			case staleSpot:
				s.peer = simPeer
			case listSpot:
				s.port, s.peer = 22, simList
			}
			group.spots = append(group.spots, s)
		}
		w.groups = append(w.groups, group)
	}
	w.busy = w.all(plainSpot, sensitiveSpot, worldSpot, staleSpot, listSpot)
	r.Shuffle(len(w.busy), func(i, j int) { w.busy[i], w.busy[j] = w.busy[j], w.busy[i] })
	w.busy = w.busy[:3]
	return w
}

// graceOf is for how long an audit may treat a change of a request as too recent: two minutes by
// its own clock (docs/audit.md).
const graceOf = 2*time.Minute + 2*maxSkew

func (w *simWorld) group(id string) *simGroup {
	i := slices.IndexFunc(w.groups, func(g *simGroup) bool { return g.id == id })
	if i < 0 {
		return nil
	}
	return w.groups[i]
}

// all returns every spot of some kinds.
func (w *simWorld) all(kinds ...spotKind) (spots []*spot) {
	for _, g := range w.groups {
		for _, s := range g.spots {
			if slices.Contains(kinds, s.kind) {
				spots = append(spots, s)
			}
		}
	}
	return spots
}

// truth returns the kind of drift that a spot has, or "".
func (w *simWorld) truth(s *spot, is func(*fact) bool) string {
	switch {
	case !is(&s.group.exists), !is(&s.group.tagged) && !s.group.live(is):
		return "" // the group belongs in no report
	case is(&s.asked) && !is(&s.rule):
		return "missing"
	case is(&s.asked), !is(&s.rule):
		return ""
	case s.kind == staleSpot && is(&w.gone) && is(&s.group.listed):
		return "stale-reference"
	case is(&s.excepted):
		return ""
	case s.kind == worldSpot, s.kind == listSpot && is(&w.wide):
		return "world-open-sensitive"
	}
	return "unexpected"
}

// drifting reports whether a drift exists by the facts. A drift is its kind, its group, and its
// port or subject.
func (w *simWorld) drifting(d simDrift, is func(*fact) bool) bool {
	g := w.group(d.group)
	if g == nil {
		return false
	}
	switch d.kind {
	case "group-missing":
		return !is(&g.exists) && g.live(is)
	case "managed-tag-lost":
		return is(&g.exists) && !is(&g.tagged) && g.live(is)
	case "against-guardrails":
		_, launch, _ := strings.Cut(d.about, "/")
		i := slices.IndexFunc(g.spots, func(s *spot) bool { return s.asks[launch] != nil && s.guarded() })
		return i >= 0 && is(&g.exists) && is(g.spots[i].asks[launch]) && is(&w.denied)
	}
	s := d.portSpot(g)
	return s != nil && w.truth(s, is) == d.kind
}

// drifts returns all drifts that exist now.
func (w *simWorld) drifts() (all []simDrift) {
	is := (*fact).is
	for _, g := range w.groups {
		for _, d := range []simDrift{{kind: "group-missing", group: g.id}, {kind: "managed-tag-lost", group: g.id,
			about: managedTag}} {
			if w.drifting(d, is) {
				all = append(all, d)
			}
		}
		for _, s := range g.spots {
			if kind := w.truth(s, is); kind != "" {
				all = append(all, simDrift{kind: kind, group: g.id, about: fmt.Sprint(s.port)})
			}
			d := simDrift{kind: "against-guardrails", group: g.id, about: account + "/" + s.launch}
			if s.launch != "" && w.drifting(d, is) {
				all = append(all, d)
			}
		}
	}
	return all
}

// mayBeExcepted reports whether the exceptions file can have the spot's rule.
func (s *spot) mayBeExcepted() bool { return s.kind != staleSpot && s.kind != listSpot }

// guarded reports whether the stricter guardrails refuse the spot's requests.
func (s *spot) guarded() bool { return s.kind == plainSpot && s.port%2 == 1 }

const managedTag = "sgkeeper:managed=true"

// simDrift identifies a drift.
type simDrift struct{ kind, group, about string }

func (d simDrift) String() string { return strings.TrimSpace(d.kind + " " + d.group + " " + d.about) }

func (d simDrift) portSpot(g *simGroup) *spot {
	i := slices.IndexFunc(g.spots, func(s *spot) bool { return fmt.Sprint(s.port) == d.about })
	if i < 0 {
		return nil
	}
	return g.spots[i]
}
