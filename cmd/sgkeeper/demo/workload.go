package demo

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// launch is one launch of the demo: its rules, and its start.
type launch struct {
	name        string
	group       string
	at          time.Duration // after the start of the race
	ports       []secgroup.Ports
	from        []string // CIDRs
	description string
	repeated    bool // EventBridge delivers its event twice
}

// rules are the rules that must be open once the launch has its outcome.
func (l launch) rules() secgroup.Set { return secgroup.Rules(l.entries()) }

func (l launch) entries() []secgroup.Entry {
	var entries []secgroup.Entry
	for _, ports := range l.ports {
		for _, from := range l.from {
			rule := secgroup.MustParseRule(fmt.Sprintf("tcp %s from %s", ports, from))
			entries = append(entries, secgroup.Entry{Rule: rule, Description: l.description})
		}
	}
	return secgroup.Merge(entries)
}

// request is the event that the launch publishes.
func (l launch) request() events.Request {
	return events.Request{
		Launch: claim.Launch{Name: l.name},
		Group:  events.Group{ID: l.group},
		Rules:  l.entries(),
	}
}

// betweenLaunches is the average time between two launches. It is short enough for many
// launches at once, and long enough for two processors.
const betweenLaunches = 5 * time.Millisecond

// ownPorts is the number of launches of one group that ask for a port of their own. With all
// other rules, a group stays well below 60 rules.
const ownPorts = 8

// Peers of launches.
const (
	worldIPv4 = "0.0.0.0/0"
	worldIPv6 = "::/0"
)

// workload makes launches from a seed. The same numbers give the same launches.
type workload struct {
	random *rand.Rand
	own    map[string]int32 // number of launches with a port of their own, by group
}

// newWorkload returns launches on that number of groups, in equal shares.
func newWorkload(launches, groups int, seed uint64) []launch {
	w := workload{rand.New(rand.NewPCG(seed, 1)), make(map[string]int32)}
	rush := int64(launches) * int64(betweenLaunches)
	all := make([]launch, launches)
	for i := range all {
		l := launch{
			name:     fmt.Sprintf("demo-%d", i+1),
			group:    groupID(i % groups),
			at:       time.Duration(w.random.Int64N(rush)),
			from:     []string{worldIPv4},
			repeated: w.random.IntN(8) == 0,
		}
		w.request(&l)
		all[i] = l
	}
	return all
}

// request draws the rules of a launch.
func (w *workload) request(l *launch) {
	switch kind := w.random.IntN(12); {
	case kind < 4: // ports of earlier launches: nothing is missing
		l.ports, l.description = ports(8000, 8002, 8004), "vLLM"
	case kind < 7: // the same ports for all, not open yet
		l.ports, l.description = ports(8080, 8888), "lab"
	case kind < 9: // overlapping ranges
		first := 9000 + 4*w.random.Int32N(4)
		l.ports, l.description = []secgroup.Ports{{First: first, Last: first + 7}}, "Ray"
	case kind < 10: // both families
		l.ports, l.description = ports(8000, 8443), "API"
		l.from = []string{worldIPv4, worldIPv6}
	default: // a port of its own, if the group has room
		n := w.own[l.group] % ownPorts
		w.own[l.group]++
		l.ports, l.description = ports(8000, 10000+2*n), "job"
	}
}

func ports(numbers ...int32) []secgroup.Ports {
	var list []secgroup.Ports
	for _, n := range numbers {
		list = append(list, secgroup.Port(n))
	}
	return list
}
