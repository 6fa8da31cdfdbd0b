package demo

import (
	"context"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// Ending is the rules of all groups after some of the launches have ended.
type Ending struct {
	LaunchesLeft int             `json:"launchesLeft"`
	Ours         int             `json:"ours"`   // rules that sgkeeper made
	Others       int             `json:"others"` // rules that it did not make
	Rules        []secgroup.Rule `json:"rules"`  // those of sgkeeper's, in the order of groups
}

// end ends the launches in three waves: half of them, then all but one, then the last. That
// one needs the ports that most launches needed. It returns the rules after each wave.
func (d *demo) end(ctx context.Context, way *keeper) (endings []Ending, err error) {
	launches := lastShared(d.launches)
	bar := d.progress.bar("the launches end", len(launches))
	defer bar.done()
	for _, left := range waves(len(launches)) {
		ended := launches[:len(launches)-left]
		launches = launches[len(ended):]
		for i := range ended {
			ended[i].at = 0
		}
		attempts, _ := race(ctx, ended, way.close, bar.add)
		for _, a := range attempts {
			if a.err != nil {
				return nil, a.err
			}
		}
		way.drain(ctx, drainTime)
		after, err := endingOf(way.installation.Account, d.Groups, left)
		if err != nil {
			return nil, err
		}
		endings = append(endings, after)
	}
	return endings, nil
}

// waves returns the number of launches that are left after each wave of ends.
func waves(n int) []int { return slices.Compact([]int{n, n / 2, min(1, n/2), 0}) }

// lastShared returns the launches in the order of their ends. The last one asks for the ports
// that most launches ask for.
func lastShared(launches []launch) []launch {
	asked := make(map[secgroup.Rule]int)
	for _, l := range launches {
		for rule := range l.rules().All() {
			asked[rule]++
		}
	}
	wanted := func(l launch) (n int) {
		for rule := range l.rules().All() {
			if rule.Ports.First >= firstUnopened {
				n = max(n, asked[rule])
			}
		}
		return n
	}
	last := slices.MaxFunc(launches, func(a, b launch) int { return wanted(a) - wanted(b) })
	ordered := slices.DeleteFunc(slices.Clone(launches), func(l launch) bool { return l.name == last.name })
	return append(ordered, last)
}

// firstUnopened is the lowest port that no earlier launch has opened.
const firstUnopened = 8080

// endingOf reads the rules of all groups.
func endingOf(account *fakeaws.Account, groups, left int) (Ending, error) {
	e := Ending{LaunchesLeft: left}
	for i := range groups {
		entries, err := rulesOf(account, groupID(i))
		if err != nil {
			return e, err
		}
		for _, entry := range entries {
			if entry.Tags[plan.TagInstallation] == "" {
				e.Others++
				continue
			}
			e.Ours++
			e.Rules = append(e.Rules, entry.Rule)
		}
	}
	return e, nil
}
