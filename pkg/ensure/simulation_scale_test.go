package ensure_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/dice"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// simScale is the size of a world. Most worlds are small, because a large one costs ten times
// as much.
type simScale string

const (
	simSmall simScale = "small" // a few launches of a few rules, in one or two groups
	simLarge simScale = "large" // and launches of tens of rules, a few of hundreds, rarely of 1,000
	simChurn simScale = "churn" // and rules that are made and revoked many times
	simWide  simScale = "wide"  // and launches in hundreds of groups that end in all of them at once
)

func scaleOf(d dice.Seed) simScale {
	switch n := d.Of("scale").IntN(100); {
	case n < 10:
		return simLarge
	case n < 13:
		return simChurn
	case n < 14:
		return simWide
	}
	return simSmall
}

// grow makes a small world as large as its scale. The launches of the small world stay and
// must be served, too.
func (w *workload) grow(r *rand.Rand, start time.Time) {
	switch w.scale {
	case simLarge:
		w.quota += dice.Pick(r, 60, 200, 400, 1000, 2000)
		when := func() time.Duration { return dice.Between(r, 0, dice.Pick(r, time.Minute, 5*time.Minute)) }
		for range 1 + r.IntN(4) {
			w.addLarge(r, when(), start)
		}
		if dice.Chance(r, 0.5) {
			w.addAbsent(r, when())
		}
		if dice.Chance(r, 0.1) {
			w.addDenied(r)
		}
	case simChurn:
		w.quota += dice.Pick(r, 200, 1000)
		w.churn(r)
	case simWide:
		w.widen(r)
	}
}

// addLarge adds a launch that requests many rules, and may end.
func (w *workload) addLarge(r *rand.Rand, at time.Duration, start time.Time) {
	l := w.another("large")
	first := w.farWish(r, l, sizeOfLaunch(r))
	if dice.Chance(r, 0.15) {
		first.expires = start.Add(at + dice.Between(r, time.Minute, 5*time.Minute)).Truncate(time.Second)
	}
	w.send(r, at, first)
	if dice.Chance(r, 0.7) {
		w.end(r, l, first.group, at+dice.Between(r, dice.Pick(r, 0, 30*time.Second), 4*time.Minute))
	}
}

// sizeOfLaunch returns the number of rules of a large launch.
func sizeOfLaunch(r *rand.Rand) int {
	switch n := r.IntN(20); {
	case n < 12:
		return 10 + r.IntN(60)
	case n < 18:
		return 70 + r.IntN(230)
	case n < 19:
		return 300 + r.IntN(600)
	}
	return 1000
}

// farWish requests n rules of consecutive ports, from one or two peers.
func (w *workload) farWish(r *rand.Rand, l *simLaunch, n int) *wish {
	wish := &wish{launch: l, group: w.groups[r.IntN(min(2, len(w.groups)))], broken: map[simRule]bool{}}
	egress, offset := dice.Chance(r, 0.1), r.IntN(3)*50
	peers := []string{dice.Pick(r, "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/9", "::/0")}
	if dice.Chance(r, 0.4) {
		peers = append(peers, dice.Pick(r, "2001:db8::/32", "10.128.0.0/9", simPeerGroup))
	}
	for i := range n {
		wish.rules = append(wish.rules, farRule(offset+i/len(peers), peers[i%len(peers)], egress))
	}
	l.wishes = append(l.wishes, wish)
	return wish
}

// farRule returns a rule of the nth port beyond the small world. No two such ports adjoin.
func farRule(n int, peer string, egress bool) simRule {
	port := farPort + 2*n
	return simRule{egress: egress, protocol: "tcp", first: port, last: port, peer: peer}
}

// addAbsent adds a large launch that names missing groups: one, a few, or another one in each
// rule.
func (w *workload) addAbsent(r *rand.Rand, at time.Duration) {
	wish := w.farWish(r, w.another("absent"), sizeOfLaunch(r))
	absent, good := dice.Pick(r, 1, 1, 3, len(wish.rules)), dice.Pick(r, 0, 0, 0.5)
	for i := range wish.rules {
		if i == 0 || !dice.Chance(r, good) {
			wish.rules[i].peer = simNoGroup[:len(simNoGroup)-4] + fmt.Sprintf("%04x", i%absent)
		}
	}
	wish.bad, wish.described = true, dice.Chance(r, 0.5)
	w.send(r, at, wish)
}

// addDenied adds a launch that requests 1,000 rules that fit, and that IAM denies.
func (w *workload) addDenied(r *rand.Rand) {
	w.quota = max(w.quota, 2000)
	w.deny, w.denied = window(r), "ec2:Authorize*"
	w.send(r, w.deny[0]+dice.Between(r, 0, 10*time.Second), w.farWish(r, w.another("denied"), 1000))
}

// churn adds launches that begin and end, one after another.
func (w *workload) churn(r *rand.Rand) {
	at := dice.Between(r, 0, time.Minute)
	for range 6 + r.IntN(10) {
		l := w.another("churn")
		wish := w.farWish(r, l, 20+r.IntN(180))
		w.send(r, at, wish)
		w.end(r, l, wish.group, at+dice.Between(r, time.Second, 20*time.Second))
		at += dice.Between(r, time.Second, 40*time.Second)
	}
}

// widen adds groups, and launches that request a few rules in each of them and end.
func (w *workload) widen(r *rand.Rand) {
	groups := make([]string, 60+r.IntN(140))
	for i := range groups {
		groups[i] = fmt.Sprintf("sg-1%016x", i)
	}
	w.groups = append(w.groups[:len(w.groups):len(w.groups)], groups...)
	for range 1 + r.IntN(2) {
		l := w.another("wide")
		at, within := dice.Between(r, 0, time.Minute), dice.Pick(r, time.Second, time.Minute)
		for _, g := range groups {
			wish := &wish{launch: l, group: g, broken: map[simRule]bool{}}
			wish.rules = []simRule{farRule(r.IntN(3), "0.0.0.0/0", false)}
			l.wishes = append(l.wishes, wish)
			w.deliver = append(w.deliver, delivery{at + dice.Between(r, 0, within), &message{launch: l, wish: wish}})
		}
		ends := at + dice.Between(r, 0, 5*time.Minute)
		w.deliver = append(w.deliver, delivery{ends, &message{launch: l, direct: dice.Chance(r, 0.25)}})
	}
}

// simOddRule is a rule that EC2 rejects with an unknown error code.
var simOddRule = simRule{protocol: "udp", first: farPort + 1, last: farPort + 1, peer: "0.0.0.0/0"}

// addOdd adds a launch that requests the odd rule, among others.
func (w *workload) addOdd(r *rand.Rand) {
	n := 1
	if w.scale == simLarge {
		n = sizeOfLaunch(r)
	}
	wish := w.farWish(r, w.another("odd"), n)
	wish.rules[r.IntN(n)] = simOddRule
	wish.bad = true
	w.send(r, dice.Between(r, 0, 5*time.Minute), wish)
}

// isOdd reports whether a call authorizes the odd rule.
func isOdd(op fakeaws.Op) bool {
	if op.Name != "AuthorizeSecurityGroupIngress" {
		return false
	}
	port := fmt.Sprint(simOddRule.first)
	for _, values := range op.Form {
		if len(values) == 1 && values[0] == port {
			return true
		}
	}
	return false
}

var errOdd = &fakeaws.Error{Code: "InvalidNovelty.Unsupported", Message: "no such thing here"}
