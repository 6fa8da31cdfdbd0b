package ensure_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// jittered returns a latency of 5 to 45 ms. One call in a hundred takes ten times as long.
func jittered(seed uint64) func(fakeaws.Op) time.Duration {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 1))
	return func(fakeaws.Op) time.Duration {
		mu.Lock()
		defer mu.Unlock()
		d := 5*time.Millisecond + upTo(random, 40*time.Millisecond)
		if random.IntN(100) == 0 {
			d *= 10
		}
		return d
	}
}

func upTo(random *rand.Rand, below time.Duration) time.Duration {
	return time.Duration(random.Int64N(int64(below)))
}

// arrive invokes the function once a payload, each after its own delay.
func (r *rig) arrive(seed uint64, within time.Duration, payloads [][]byte) []events.Outcome {
	random := rand.New(rand.NewPCG(seed, 2))
	outcomes := make([]events.Outcome, len(payloads))
	var all sync.WaitGroup
	for i, payload := range payloads {
		wait := upTo(random, within+1)
		all.Go(func() {
			time.Sleep(wait)
			result, err := r.invoke(payload)
			if err != nil {
				r.t.Errorf("launch %d: %v", i, err)
				return
			}
			outcomes[i] = result.Outcomes[0]
		})
	}
	all.Wait()
	return outcomes
}

// TestStormOnOneGroup sends 200 launches to one group at once, or within seconds.
func TestStormOnOneGroup(t *testing.T) {
	t.Parallel()
	for seed, within := range []time.Duration{0, 0, 200 * time.Millisecond, 3 * time.Second} {
		t.Run(fmt.Sprintf("within %v, seed %d", within, seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				seed := uint64(seed)
				r := newRig(t, fakeaws.Options{Latency: jittered(seed), Seed: seed, PartialBatches: seed == 1}, onBus)
				r.withstands(seed, within, 200, []string{shared})
			})
		})
	}
}

// TestStormOverGroups sends 1,000 launches to 100 groups.
func TestStormOverGroups(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const seed = 7
		r := newRig(t, fakeaws.Options{Latency: jittered(seed), Seed: seed}, onBus)
		groups := []string{shared}
		for i := range 99 {
			groups = append(groups, fmt.Sprintf("sg-0%016x", i))
			r.addGroup(groups[i+1], "all from self", "tcp 22 from 198.51.100.0/24")
		}
		r.withstands(seed, 300*time.Millisecond, 1000, groups)
	})
}

// stormed returns the ports of the i-th launch of a storm. Two are those of the incident, and
// one of 40 is shared with other launches.
func stormed(i int) []any { return []any{8000, 8004, 10000 + 2*(i%40)} }

// withstands sends a storm of n launches to groups. It fails the test if a launch is not open,
// or if the function made more calls than the protocol needs.
func (r *rig) withstands(seed uint64, within time.Duration, n int, groups []string) {
	r.t.Helper()
	w, b := r.watch(), r.listen()
	group := func(i int) string { return groups[i%len(groups)] }
	outcomes := r.arrive(seed, within, numbered(n, func(i int) []byte {
		return launch(name(i), group(i),
			stormed(i)...)
	}))
	if got := count(outcomes, events.Ensured) + count(outcomes, events.Queued); got != n {
		r.t.Errorf("%d of %d launches are ensured or queued", got, n)
	}
	r.noDuplicate(outcomes...)
	announced := b.launches()
	asked := make(map[string]map[secgroup.Rule]bool)
	for i := range n {
		r.announcedOnce(announced, outcomes[i])
		r.wants(asked, group(i), stormed(i))
	}
	for _, g := range groups {
		r.holdsExactly(g, asked[g])
		r.costs(w.of(g), n/len(groups))
	}
}

// announcedOnce fails the test unless a launch is announced once. If its own function served it,
// each of that function's rounds may announce it.
func (r *rig) announcedOnce(announced []string, o events.Outcome) {
	r.t.Helper()
	times := 0
	for _, launch := range announced {
		if launch == o.Launch {
			times++
		}
	}
	if times == 0 || times > 1 && o.Status == events.Queued {
		r.t.Errorf("%d Ports Ensured name %s, which is %s; want 1", times, o.Launch, o.Status)
	}
}

func (r *rig) wants(asked map[string]map[secgroup.Rule]bool, group string, ports []any) {
	if asked[group] == nil {
		asked[group] = make(map[secgroup.Rule]bool)
	}
	for _, port := range ports {
		asked[group][secgroup.MustParseRule(fmt.Sprintf("tcp %d from 0.0.0.0/0", port))] = true
	}
}

// holdsExactly fails the test unless a group holds each desired rule once, and its three
// initial rules.
func (r *rig) holdsExactly(group string, wanted map[secgroup.Rule]bool) {
	r.t.Helper()
	holds := r.rules(group)
	for rule := range wanted {
		if !holds.Contains(rule) {
			r.t.Errorf("%s lacks %s", group, rule)
		}
	}
	if got, want := len(r.account.Rules(group)), len(wanted)+3; got != want {
		r.t.Errorf("%s holds %d rules, want %d", group, got, want)
	}
}

// costs checks the calls of a storm of n launches on one group. It allows 2N + R writes and R
// queries of the table, and 2R calls of EC2. R is at most 1 + arrival time / round time.
func (r *rig) costs(effects []effect, n int) {
	r.t.Helper()
	count := make(map[string]int)
	for _, e := range effects {
		count[e.name]++
	}
	rounds := count["load"]
	if got, most := count["claim"]+count["ring"]+count["take over"]+count["release"]+count["yield"],
		2*n+rounds; got > most {
		r.t.Errorf("%d writes to the table, want at most 2*%d + %d: %v", got, n, rounds, count)
	}
	if got := count["describe"] + count["authorize"]; got > 2*rounds {
		r.t.Errorf("%d calls of EC2 in %d rounds: %v", got, rounds, count)
	}
	if most := mostRounds(effects); rounds > most || rounds == 0 {
		r.t.Errorf("%d rounds, want 1 to %d", rounds, most)
	}
	if n >= 100 {
		r.t.Logf("%d rounds: %v", rounds, count)
	}
}

// mostRounds is 1 + arrival time / round time, rounded up.
func mostRounds(effects []effect) int {
	var first, last, loaded time.Time
	shortest := time.Hour
	for _, e := range effects {
		switch {
		case e.name == "ring" && first.IsZero():
			first, last = e.at, e.at
		case e.name == "ring":
			last = e.at
		case e.name == "load":
			loaded = e.at
		case e.name == "release":
			shortest = min(shortest, e.at.Sub(loaded))
		}
	}
	return 1 + max(1, int((last.Sub(first)+shortest-1)/shortest))
}
