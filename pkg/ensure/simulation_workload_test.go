package ensure_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/dice"
)

const (
	office       = "198.51.100.0/24"
	simPeerGroup = "sg-0aaaaaaaaaaaaaaaa"
	simNoGroup   = "sg-0dead00000000dead"
	chaos        = 9 * time.Minute // how long faults happen
)

var simGroups = []string{"sg-00000000000000001", "sg-00000000000000002"}

// workload lists the events of one simulation, except the faults.
type workload struct {
	scale      simScale
	quota      int // EC2's
	configured int // SGKEEPER_QUOTA; often the same
	limit      int // of launches on a group, by guardrails; 0: none
	groups     []string
	wishes     map[string][]*wish // by group
	launches   []*simLaunch
	deliver    []delivery
	outsiders  []outsider
	freeze     [2]time.Duration // from, to; zero: none
	deny       [2]time.Duration // from, to; zero: none
	denied     string
}

// delivery is a message and the time at which it is sent.
type delivery struct {
	at time.Duration
	*message
}

// newWorkload draws the workload. start is the beginning of the simulation in
// whole seconds, because events give expiries in whole seconds.
func newWorkload(d dice.Seed, start time.Time) *workload {
	r := d.Of("workload")
	w := &workload{scale: scaleOf(d), quota: 5 + r.IntN(6), groups: simGroups[:1+r.IntN(5)/4]}
	moments := []time.Duration{dice.Between(r, 0, time.Second), dice.Between(r, time.Minute, 4*time.Minute),
		dice.Between(r, 2*time.Minute, 6*time.Minute)}
	when := func() time.Duration {
		if dice.Chance(r, 0.3) {
			return dice.Between(r, 0, 7*time.Minute)
		}
		return dice.Pick(r, moments...) + dice.Between(r, 0,
			time.Duration(dice.Pick(r, 50, 500, 5000))*time.Millisecond)
	}
	pool := newPool(r)
	for i := range 3 + r.IntN(6) {
		w.addLaunch(r, i, pool, when, start)
	}
	w.endNearExpiries(r, start)
	if dice.Chance(r, 0.3) {
		w.addBad(r, pool, when)
	}
	w.addOutsiders(r, pool)
	if dice.Chance(r, 0.25) {
		w.freeze = window(r)
	}
	if dice.Chance(r, 0.1) {
		w.deny, w.denied = window(r), dice.Pick(r, "ec2:Authorize*", "ec2:Revoke*", "ec2:CreateTags", "ec2:Describe*")
	}
	w.grow(d.Of(string(w.scale)), start)
	w.misconfigure(d.Of("astray"))
	w.index()
	return w
}

// misconfigure makes EC2 reject rules that the function expects it to accept, and adds limits to
// the guardrails.
func (w *workload) misconfigure(r *rand.Rand) {
	if dice.Chance(r, 0.1) {
		w.addOdd(r)
	}
	w.configured = w.quota
	if dice.Chance(r, 0.15) {
		w.configured += 1 + r.IntN(w.quota)
	}
	if dice.Chance(r, 0.1) {
		w.limit = 2 + r.IntN(3)
	}
}

// index lists the wishes of each group, and the rules of each wish.
func (w *workload) index() {
	w.wishes = make(map[string][]*wish)
	for _, l := range w.launches {
		for _, wish := range l.wishes {
			w.wishes[wish.group] = append(w.wishes[wish.group], wish)
			wish.asks = make(map[simRule]bool, len(wish.rules))
			for _, r := range wish.rules {
				wish.asks[r] = true
			}
		}
	}
}

func (w *workload) newLaunch(name string) *simLaunch {
	l := &simLaunch{name: name, ending: map[string]bool{}, ended: map[string]bool{}, announced: map[string]int{}}
	w.launches = append(w.launches, l)
	return l
}

// another adds a launch of a kind that has other launches.
func (w *workload) another(kind string) *simLaunch {
	return w.newLaunch(fmt.Sprint(kind, len(w.launches)))
}

func window(r *rand.Rand) [2]time.Duration {
	from := dice.Between(r, 0, 5*time.Minute)
	return [2]time.Duration{from, from + dice.Between(r, 20*time.Second, 3*time.Minute)}
}

// newPool returns a few rules for all launches, so that launches share rules.
func newPool(r *rand.Rand) []simRule {
	var pool []simRule
	for range 4 + r.IntN(4) {
		first := basePort + r.IntN(8)
		rule := simRule{protocol: "tcp", first: first, last: first, peer: "0.0.0.0/0"}
		if dice.Chance(r, 0.45) {
			rule.last = first + 1 + r.IntN(7)
		}
		if dice.Chance(r, 0.4) {
			rule.peer = dice.Pick(r, "10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "::/0", "2001:db8::/32", simPeerGroup)
		}
		if dice.Chance(r, 0.15) {
			rule.protocol = "udp"
		}
		if dice.Chance(r, 0.1) {
			rule.egress, rule.peer = true, dice.Pick(r, "::/0", "2001:db8::/32", "10.0.0.0/8")
		}
		pool = append(pool, rule)
	}
	return pool
}

// addLaunch adds a launch that may request more rules or a later expiry, and may end.
func (w *workload) addLaunch(r *rand.Rand, i int, pool []simRule, when func() time.Duration, start time.Time) {
	l := w.newLaunch(fmt.Sprintf("l%d", i))
	first := w.wish(r, l, pool)
	at := when()
	if dice.Chance(r, 0.3) {
		first.expires = start.Add(at + dice.Between(r, time.Minute, 5*time.Minute)).Truncate(time.Second)
	}
	w.send(r, at, first)
	if dice.Chance(r, 0.35) {
		w.more(r, at, first, pool)
	}
	if dice.Chance(r, 0.65) {
		ends := when()
		if ends < at && dice.Chance(r, 0.75) {
			ends = at + dice.Between(r, 0, 3*time.Minute)
		}
		w.end(r, l, first.group, ends)
	}
}

// endNearExpiries repeats ends shortly before wishes expire. So the group has a round while
// not all clocks agree on the expiry.
func (w *workload) endNearExpiries(r *rand.Rand, start time.Time) {
	var ends []*message
	for _, d := range w.deliver {
		if d.wish == nil {
			ends = append(ends, d.message)
		}
	}
	for _, l := range w.launches {
		for _, wish := range l.wishes {
			if wish.expires.IsZero() || len(ends) == 0 {
				continue
			}
			again := *dice.Pick(r, ends...)
			w.deliver = append(w.deliver, delivery{wish.expires.Sub(start) - dice.Between(r, 0, 10*time.Second),
				&again})
		}
	}
}

// more adds a request of the same launch: for the same rules with a later expiry, or for other
// rules.
func (w *workload) more(r *rand.Rand, at time.Duration, first *wish, pool []simRule) {
	next := w.wish(r, first.launch, pool)
	if !first.expires.IsZero() && dice.Chance(r, 0.6) {
		next.group, next.rules = first.group, first.rules
		next.expires = first.expires.Add(dice.Between(r, time.Minute, 10*time.Minute)).Truncate(time.Second)
		if dice.Chance(r, 0.5) {
			next.expires = time.Time{}
		}
	}
	w.send(r, at+dice.Between(r, 0, 2*time.Minute), next)
}

func (w *workload) wish(r *rand.Rand, l *simLaunch, pool []simRule) *wish {
	wish := &wish{launch: l, group: dice.Pick(r, w.groups...), broken: map[simRule]bool{}}
	for range 1 + r.IntN(3) {
		wish.rules = appendApart(wish.rules, dice.Pick(r, pool...))
	}
	l.wishes = append(l.wishes, wish)
	return wish
}

// appendApart adds a rule unless it overlaps another, because the function would merge the
// two.
func appendApart(rules []simRule, r simRule) []simRule {
	for _, other := range rules {
		alike := other.egress == r.egress && other.protocol == r.protocol && other.peer == r.peer
		if alike && other.first <= r.last+1 && r.first <= other.last+1 {
			return rules
		}
	}
	return append(rules, r)
}

// send sends a wish once or several times.
func (w *workload) send(r *rand.Rand, at time.Duration, wish *wish) {
	for {
		w.deliver = append(w.deliver, delivery{at, &message{launch: wish.launch, wish: wish,
			direct: dice.Chance(r, 0.25)}})
		if !dice.Chance(r, 0.25) {
			return
		}
		at += dice.Between(r, 0, dice.Pick(r, time.Second, time.Minute))
	}
}

// end ends a launch, in one group or in all, once or several times.
func (w *workload) end(r *rand.Rand, l *simLaunch, group string, at time.Duration) {
	if dice.Chance(r, 0.6) {
		group = ""
	}
	for {
		w.deliver = append(w.deliver, delivery{at, &message{launch: l, group: group, direct: dice.Chance(r, 0.25)}})
		if !dice.Chance(r, 0.2) {
			return
		}
		at += dice.Between(r, 0, time.Minute)
	}
}

// addBad adds a launch with a missing peer.
func (w *workload) addBad(r *rand.Rand, pool []simRule, when func() time.Duration) {
	wish := w.wish(r, w.newLaunch("bad"), pool)
	wish.bad = true
	wish.rules = append(wish.rules, simRule{protocol: "tcp", first: basePort, last: basePort, peer: simNoGroup})
	w.send(r, when(), wish)
}

// outsider is a principal that changes a group without sgkeeper.
type outsider struct {
	at     time.Duration
	group  string
	add    *simRule // nil: remove a rule
	victim int      // which one
}

func (w *workload) addOutsiders(r *rand.Rand, pool []simRule) {
	if dice.Chance(r, 0.4) {
		return
	}
	for range 1 + r.IntN(6) {
		o := outsider{at: dice.Between(r, 0, chaos), group: dice.Pick(r, w.groups...), victim: r.IntN(100)}
		if dice.Chance(r, 0.6) {
			rule := dice.Pick(r, pool...)
			if dice.Chance(r, 0.3) {
				rule.first, rule.last = basePort, basePort+ports-1
			}
			o.add = &rule
		}
		w.outsiders = append(w.outsiders, o)
	}
}
