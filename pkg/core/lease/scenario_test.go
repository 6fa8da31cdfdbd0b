package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/core/lease"

// These faults are allowed in scenarios.
var (
	calm  = faults{}
	one   = faults{all: 1, crash: 1, lost: 1, retried: 1, early: 1, late: 1, stale: 1}
	two   = faults{all: 2, crash: 2, lost: 2, retried: 1, early: 1, late: 2, stale: 1}
	three = faults{all: 3, crash: 2, lost: 3, retried: 2, early: 2, late: 2, stale: 1}

	sound = faults{all: 3, crash: 2, lost: 3, retried: 1, late: 2} // no lease or describe is misleading
)

// scenarios are the worlds that TestProtocol visits. Requests and rules are numbered from 0.
// 1<<r is request r alone.
var scenarios = []model{
	{name: "storm", asks: []int{0, 0, 0}, batches: []set{1, 2, 4}, allow: two},
	{name: "two launches, one rule", asks: []int{0, 0}, batches: []set{1, 2}, allow: three},
	{name: "two launches, quota of one", asks: []int{0, 1}, batches: []set{1, 2}, quota: 1, allow: three},
	{name: "one message twice", asks: []int{0}, batches: []set{1, 1}, allow: three},
	{name: "repeat", asks: []int{0, 1}, batches: []set{1, 1, 2}, allow: one},
	{name: "batch", asks: []int{0, 1}, batches: []set{3, 1, 2}, allow: one},
	{name: "quota of one", asks: []int{0, 1, 0}, batches: []set{1, 2, 4}, quota: 1, allow: one},
	{name: "quota of one, batch", asks: []int{0, 1}, batches: []set{3, 2}, quota: 1, allow: two},
	{name: "quota of one, by clock", asks: []int{0, 1}, batches: []set{1, 2}, quota: 1, allow: sound, byClock: true},
	{name: "quota of one, by clock, describe lags", asks: []int{0, 1}, batches: []set{1, 2}, quota: 1,
		allow: faults{all: 1, stale: 1}, byClock: true},
	{name: "quota rises", asks: []int{0, 1}, batches: []set{1, 2}, quota: 1, raise: true, allow: two},
	{name: "four", asks: []int{0, 0, 1}, batches: []set{1, 1, 2, 4}, allow: calm},
	recorded(2, 1, 1),
}

// recorded begins with a pending revoke of rule a, which no request desired when the holder A
// loaded. A is about to revoke it. A successor inherits the pending revoke. Request 0 desires
// a, request 1 is A's.
func recorded(batches ...set) model {
	return model{
		name: "pending", asks: []int{0, 1}, batches: batches,
		allow: faults{all: 2, crash: 1, lost: 2, retried: 1, late: 1, stale: 2},
		begin: func(w *world) {
			a, x := &w.msgs[0], id(0, 0)
			w.own, w.exp, w.want = a.name(0), a.name(0), 1
			w.group = x | id(1, 0)
			w.before, w.cond, w.table = w.group, x, 2
			s := a.state(0)
			s.Op, s.Claimed, s.Ticket, s.Seen = lease.Revoke, lease.SomeNew, 1, 1
			a.take(0, s)
			a.loaded, a.cond, a.revoke = 2, x, x
		},
	}
}
