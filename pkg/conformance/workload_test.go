package conformance_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// tuple is a rule as EC2 describes it, of what the launches request: TCP on one
// port, from all of a family.
type tuple struct {
	port int32
	peer string
}

// wish is what one launch asks of one group.
type wish struct {
	launch, group string
	rules         []tuple
	ended         bool
}

const (
	processes   = 32
	launchCount = 320
	groupCount  = 8
	portCount   = 12 // that launches of a group request, in each of two families
)

// draw draws the launches. Ports do not adjoin and families do not overlap, so
// that what must be there is plain: each rule that a live launch requests.
func draw(dice *rand.Rand, groups []string) []*wish {
	var wishes []*wish
	for i := range launchCount {
		w := &wish{launch: fmt.Sprintf("launch-%d", i), group: groups[dice.IntN(len(groups))]}
		for _, n := range dice.Perm(portCount)[:1+dice.IntN(3)] {
			w.rules = append(w.rules, tuple{port: int32(8000 + 2*n), peer: []string{"0.0.0.0/0", "::/0"}[dice.IntN(2)]})
		}
		wishes = append(wishes, w)
	}
	return wishes
}

func (w *wish) open() string {
	var rules []string
	for _, r := range w.rules {
		rules = append(rules, fmt.Sprintf(`{"ports":%d,"from":[%q]}`, r.port, r.peer))
	}
	return fmt.Sprintf(`{"detailType":"Launch Requested","launch":%q,"group":%q,"rules":[%s]}`, w.launch, w.group,
		strings.Join(rules, ","))
}

// end names the group, or not.
func (w *wish) end(named bool) string {
	if named {
		return fmt.Sprintf(`{"detailType":"Launch Ended","launch":%q,"group":%q}`, w.launch, w.group)
	}
	return fmt.Sprintf(`{"detailType":"Launch Ended","launch":%q}`, w.launch)
}

// messages are what the launches say, out of order: a third has ended, some of
// them before they asked, and some say everything twice.
func messages(dice *rand.Rand, wishes []*wish) []string {
	var all []string
	for i, w := range wishes {
		all = append(all, w.open())
		if i%3 == 0 {
			w.ended = true
			all = append(all, w.end(i%2 == 0))
		}
		if i%10 == 0 {
			all = append(all, w.open())
		}
	}
	dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// wanted are the rules that live launches ask of a group.
func wanted(wishes []*wish, group string) map[tuple]bool {
	rules := make(map[tuple]bool)
	for _, w := range wishes {
		if w.group != group || w.ended {
			continue
		}
		for _, r := range w.rules {
			rules[r] = true
		}
	}
	return rules
}
