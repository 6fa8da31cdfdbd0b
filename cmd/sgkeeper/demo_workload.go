package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

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
func newWorkload(launches, groups int, seed uint64) []demoLaunch {
	w := workload{rand.New(rand.NewPCG(seed, 1)), make(map[string]int32)}
	rush := int64(launches) * int64(betweenLaunches)
	all := make([]demoLaunch, launches)
	for i := range all {
		l := demoLaunch{
			name:     fmt.Sprintf("demo-%d", i+1),
			group:    demoGroup(i % groups),
			at:       time.Duration(w.random.Int64N(rush)),
			from:     []string{worldIPv4},
			repeated: w.random.IntN(8) == 0,
		}
		w.ask(&l)
		all[i] = l
	}
	return all
}

// ask draws the rules of a launch.
func (w *workload) ask(l *demoLaunch) {
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
