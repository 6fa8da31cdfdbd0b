package conformance_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// tuple is a requested rule, as EC2 describes it: TCP on one port, from all addresses of a family.
type tuple struct {
	port int32
	peer string
}

// request is the request of one launch on one group.
type request struct {
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

// draw draws the launches. Ports do not adjoin and families do not overlap, so a group must have
// exactly the rules that its live launches request.
func draw(dice *rand.Rand, groups []string) []*request {
	var requests []*request
	for i := range launchCount {
		w := &request{launch: fmt.Sprintf("launch-%d", i), group: groups[dice.IntN(len(groups))]}
		for _, n := range dice.Perm(portCount)[:1+dice.IntN(3)] {
			w.rules = append(w.rules, tuple{port: int32(8000 + 2*n), peer: []string{"0.0.0.0/0", "::/0"}[dice.IntN(2)]})
		}
		requests = append(requests, w)
	}
	return requests
}

func (w *request) open() string {
	var rules []string
	for _, r := range w.rules {
		rules = append(rules, fmt.Sprintf(`{"ports":%d,"from":[%q]}`, r.port, r.peer))
	}
	return fmt.Sprintf(`{"detailType":"Launch Requested","launch":%q,"group":%q,"rules":[%s]}`, w.launch, w.group,
		strings.Join(rules, ","))
}

// end is the launch's end in its group or, if not named, in all.
func (w *request) end(named bool) string {
	if named {
		return fmt.Sprintf(`{"detailType":"Launch Ended","launch":%q,"group":%q}`, w.launch, w.group)
	}
	return fmt.Sprintf(`{"detailType":"Launch Ended","launch":%q}`, w.launch)
}

// messages are the launches' events, in random order. A third of the launches end, some before
// their request arrives. A tenth of the requests are sent twice.
func messages(dice *rand.Rand, requests []*request) []string {
	var all []string
	for i, w := range requests {
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

// desired are the rules that live launches request on a group.
func desired(requests []*request, group string) map[tuple]bool {
	rules := make(map[tuple]bool)
	for _, w := range requests {
		if w.group != group || w.ended {
			continue
		}
		for _, r := range w.rules {
			rules[r] = true
		}
	}
	return rules
}
