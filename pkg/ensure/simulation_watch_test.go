package ensure_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// The two authors of a change.
const (
	byUs       = true
	byOutsider = false
)

// watcher checks the groups after each change by any author.
type watcher struct {
	sim    *simulation
	groups map[string]*watched
	frozen time.Time // since when the first group is; zero: it is not
}

// watched is one group after its last change.
type watched struct {
	rules map[string]fakeaws.Rule
	since map[string]time.Time // by rule id: when it was made
	ours  map[string]bool      // by rule id
	lost  []loss
}

// loss is a rule that an outsider removed.
type loss struct {
	rule simRule
	at   time.Time
	made time.Time // if it is ours
	ours bool
}

// assumable reports whether sgkeeper may still assume that the rule exists. A foreign rule may
// be assumed while a describe lags and a round runs. An sgkeeper rule that EC2 has not
// described yet may be assumed for the allowed time.
func (l loss) assumable() bool {
	if l.ours {
		return time.Since(l.at) < claim.Lag+time.Minute
	}
	return time.Since(l.at) < 5*time.Minute
}

func newWatcher(s *simulation) watcher {
	return watcher{sim: s, groups: map[string]*watched{}}
}

// look compares a group with its state before the change.
func (w *watcher) look(group string, us bool) {
	g := w.groups[group]
	if g == nil {
		g = &watched{rules: map[string]fakeaws.Rule{}, since: map[string]time.Time{}, ours: map[string]bool{}}
		w.groups[group] = g
	}
	now := make(map[string]fakeaws.Rule)
	changed := false
	for _, r := range w.sim.account.Rules(group) {
		now[r.ID] = r
		if old, known := g.rules[r.ID]; !known {
			changed = true
			g.since[r.ID] = time.Now()
			w.added(group, g, r, us)
		} else if simRuleOf(old) != simRuleOf(r) {
			w.sim.violated("rule %s of %s was changed", r.ID, group)
		}
	}
	for _, id := range sortedIDs(g.rules) {
		if _, stays := now[id]; !stays {
			changed = true
			w.removed(group, g, g.rules[id], us)
		}
	}
	before := g.inEffect(w.sim.luck.skew)
	g.rules = now
	if changed && us {
		w.rests(group, before, g.inEffect(w.sim.luck.skew))
	}
	if changed {
		w.unfrozen(group, us)
		w.check(group)
	}
}

func sortedIDs(rules map[string]fakeaws.Rule) []string {
	var ids []string
	for id := range rules {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// added: a wish requests every rule that sgkeeper adds.
func (w *watcher) added(group string, g *watched, r fakeaws.Rule, us bool) {
	if !us {
		return
	}
	g.ours[r.ID] = true
	w.sim.say("+ %s %s %s", group, r.ID, simRuleOf(r))
	w.sim.limited(group, simRuleOf(r))
	for _, wish := range w.sim.wishesOf(group) {
		if wish.sent && wish.asks[simRuleOf(r)] {
			return
		}
	}
	w.sim.violated("%s was opened on %s, and no wish requests it", simRuleOf(r), group)
}

// removed: sgkeeper never removes a foreign rule.
func (w *watcher) removed(group string, g *watched, r fakeaws.Rule, us bool) {
	w.sim.say("- %s %s %s", group, r.ID, simRuleOf(r))
	switch {
	case !us:
		g.lost = append(g.lost, loss{simRuleOf(r), time.Now(), g.since[r.ID], g.ours[r.ID]})
	case !g.ours[r.ID]:
		w.sim.violated("the foreign rule %s was removed from %s", simRuleOf(r), group)
	}
}

// unfrozen: sgkeeper writes nothing to a frozen group, except in a round that began before.
func (w *watcher) unfrozen(group string, us bool) {
	const round = 45 * time.Second
	if us && group == w.sim.workload.groups[0] && !w.frozen.IsZero() && time.Since(w.frozen) > round {
		w.sim.violated("%s was written to, frozen for %s", group, time.Since(w.frozen))
	}
}

// inEffect returns the points of the rules that are in effect by any clock. A foreign rule
// counts at once, because EC2 does not return a rule's age.
func (g *watched) inEffect(skew time.Duration) (admitted space) {
	for id, r := range g.rules {
		if !g.ours[id] || time.Since(g.since[id]) >= claim.EffectTime-2*skew {
			admitted.add(simRuleOf(r))
		}
	}
	return admitted
}

// rests: a point that a rule in effect allowed is still allowed by one. EC2 takes its time to
// distribute rules to its hosts.
func (w *watcher) rests(group string, before, after space) {
	for _, l := range w.groups[group].lost {
		if l.assumable() {
			after.add(l.rule)
		}
	}
	for _, wish := range w.sim.wishesOf(group) {
		for _, r := range wish.rules {
			if wish.promised && !wish.over(time.Now()) && before.admits(r) && !after.admits(r) {
				w.sim.violated("%s of %s rests on a rule that has just been made on %s", r, wish.launch.name, group)
			}
		}
	}
}

// check: a wish that was promised is open at every moment until its end or expiry, except for
// the rules that outsiders remove.
func (w *watcher) check(group string) {
	g := w.groups[group]
	var admitted, remembered space
	for _, r := range g.rules {
		admitted.add(simRuleOf(r))
	}
	remembered = admitted.clone()
	for _, l := range g.lost {
		if l.assumable() {
			remembered.add(l.rule)
		}
	}
	for _, wish := range w.sim.wishesOf(group) {
		if !wish.promised || wish.over(time.Now()) {
			continue
		}
		var closed []simRule
		for _, r := range wish.rules {
			switch {
			case admitted.admits(r):
				delete(wish.broken, r)
			case wish.broken[r]:
			case remembered.admits(r):
				wish.broken[r], wish.hurt = true, true
			default:
				closed = append(closed, r)
				wish.broken[r] = true
			}
		}
		if len(closed) > 0 {
			w.sim.violated("%s of %s is closed on %s", brief(closed), wish.launch.name, group)
		}
	}
}

func (s *simulation) wishesOf(group string) []*wish { return s.workload.wishes[group] }

// meddle performs the change of an outsider.
func (s *simulation) meddle(i int, o outsider) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.quiet {
		return
	}
	if o.add != nil {
		_, err := s.account.AddRule(o.group, o.add.fake())
		s.excuses++
		s.say("outsider %d adds %s to %s: %v", i, o.add, o.group, err)
	} else if rules := s.account.Rules(o.group); len(rules) > 0 {
		r := rules[o.victim%len(rules)]
		err := s.account.RemoveRule(r.ID)
		s.say("outsider %d removes %s from %s: %v", i, simRuleOf(r), o.group, err)
	}
	s.faults++
	s.faultsEC2++
	s.watch.look(o.group, byOutsider)
}

// String returns the rules of a group.
func (g *watched) String() string {
	text := ""
	for _, id := range sortedIDs(g.rules) {
		whose := "foreign"
		if g.ours[id] {
			whose = "ours"
		}
		text += fmt.Sprintf("\n\t%s %s %s", id, whose, simRuleOf(g.rules[id]))
	}
	return text
}
