package lease_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// The bugs of other lock clients, one test each. If the checker or a table covers a bug as
// well, the test here is its shortest sequence. Three bugs have no test here:
//
//   - a heartbeat that resurrects a lock: there is no heartbeat;
//   - remaining = 0: see TestStepDeadline;
//   - two clocks, and partial batches: the checker has them.

// alone is one message with a request that fits and one that does not. It finds the lease of a
// dead holder.
var alone = model{
	asks: []int{0, 1}, batches: []set{3, 0}, quota: 1,
	begin: func(w *world) {
		w.msgs[1].leave(waiting)
		w.own, w.exp, w.want = w.msgs[1].name(1), w.msgs[1].name(1), 1
	},
}

// run performs message 0's pass to its end. before may change the world before each effect,
// and returns the effect's fault.
func (md *model) run(t *testing.T, w *world, before func(op lease.Op, n int) how) lease.Result {
	t.Helper()
	for n := 0; w.msgs[0].op != lease.Done; n++ {
		if n > 100 {
			t.Fatalf("the pass does not end, at %v", w.msgs[0].op)
		}
		if broken := md.perform(w, 0, before(w.msgs[0].op, n)); broken != "" {
			t.Fatal(broken)
		}
	}
	return w.msgs[0].result
}

// asDue returns an effect without fault.
func asDue(op lease.Op) how {
	if op == lease.Ring {
		return overdue
	}
	return plain
}

// KCL PR#59, dynamolock#280, aws-sdk-java#2667: a write succeeds, its reply is lost, and the
// retry fails its own condition.
func TestBugRetryFailsItsOwnCondition(t *testing.T) {
	md := alone.ready()
	want := md.first()
	md.run(t, &want, func(op lease.Op, _ int) how { return asDue(op) })
	for op := lease.Claim; op < lease.Yield; op++ {
		w, faults := md.first(), 0
		result := md.run(t, &w, func(now lease.Op, _ int) how {
			if now == op && faults == 0 {
				faults++
				return lostDone
			}
			return asDue(now)
		})
		unused := op == lease.Peek || op == lease.Check || op == lease.Pend || op == lease.Revoke
		if result != lease.Served || faults == 0 != unused {
			t.Errorf("%v: %v after %d faults", op, result, faults)
		}
		if w.want != w.applied || w.own != 0 || w.group != want.group || w.refused != want.refused ||
			w.announced != want.announced {
			t.Errorf("%v: %v, want %v", op, &w, &want)
		}
	}
}

// awslabs#44, #93, dynamolock#778: a caller that does not wait never takes a dead lock. Here a
// new function takes it as soon as Slack has passed.
func TestBugDeadLockNeverTaken(t *testing.T) {
	const expiry = 1_000_000
	for _, tt := range []struct {
		now  lease.Instant
		want lease.Op
	}{
		{expiry, lease.Done},
		{expiry + lease.Slack, lease.Done},
		{expiry + lease.Slack + 1, lease.TakeOver},
	} {
		s := lease.Start("fresh", 2*expiry)
		s = lease.Step(s, lease.Reply{Claimed: lease.SomeNew})
		dead := lease.Head{Owner: lease.Owner{Nonce: "dead"}, Expires: expiry, Want: 2}
		if s = lease.Step(s, lease.Reply{Head: dead, Now: tt.now}); s.Op != tt.want {
			t.Errorf("at expiry%+d: %v, want %v", tt.now-expiry, s.Op, tt.want)
		}
	}
}

// awslabs PR#114: a takeover keeps attributes of the dead holder, or loses those that must
// stay.
func TestBugTakeOverLeavesStaleAttributes(t *testing.T) {
	md := alone.ready()
	w := md.first()
	w.want, w.applied, w.cond, w.gone = 5, 3, 2, 4
	w.msgs[0].op, w.msgs[0].claimed, w.msgs[0].found = lease.TakeOver, lease.SomeNew, w.own
	md.perform(&w, 0, plain)
	me := w.msgs[0].name(0)
	if w.own != me || w.exp != me {
		t.Errorf("own %v exp %v, want %v", w.own, w.exp, me)
	}
	if w.want != 5 || w.applied != 3 || w.cond != 2 || w.gone != 4 {
		t.Errorf("took over, and HEAD is %+v", w.head(0))
	}
	if s := w.msgs[0].state(0); s.Found != (lease.Head{}) || s.Seen != 5 {
		t.Errorf("took over, and the pass is %+v", s)
	}
}

// powertools-java#1281: seconds are compared with milliseconds. The comparison holds for both
// units: no value near either one overflows.
func TestBugSecondsForMilliseconds(t *testing.T) {
	instant := rapid.Int64Range(1e9, 1e13)
	rapid.Check(t, func(t *rapid.T) {
		expires, now := lease.Instant(instant.Draw(t, "expires")), lease.Instant(instant.Draw(t, "now"))
		s := lease.State{Op: lease.Ring, Owner: lease.Owner{Nonce: "me"}, Deadline: now + lease.MinRing}
		theirs := lease.Head{Owner: lease.Owner{Nonce: "other"}, Expires: expires, Want: 1}
		took := lease.Step(s, lease.Reply{Head: theirs, Now: now}).Op == lease.TakeOver
		if took != (now-expires > lease.Slack) {
			t.Fatalf("took over: %v, %d ms after it expired", took, now-expires)
		}
	})
}

// powertools-python#8386: a missing expiry counts as an orphaned lease, and the work is done
// twice. Here a missing expiry may mean expired but never free, so TakeOver's condition still
// applies.
func TestBugMissingExpiry(t *testing.T) {
	orphan := lease.Head{Owner: lease.Owner{Nonce: "other"}, Want: 1}
	s := lease.State{Op: lease.Ring, Owner: lease.Owner{Nonce: "me"}, Deadline: 1e13}
	if s = lease.Step(s, lease.Reply{Head: orphan, Now: 1e12}); s.Op != lease.TakeOver || s.Found != orphan {
		t.Errorf("a lease without expiry leads to %v on %+v", s.Op, s.Found)
	}
}

// TestBugOutageExtendsLease: the Java lock client: an outage extends a lease. Here nothing extends
// it.
func TestBugOutageExtendsLease(t *testing.T) {
	s := lease.Start("me", 100_000)
	s = lease.Step(s, lease.Reply{Claimed: lease.SomeNew})
	for s.Op != lease.Done {
		if s.Expires() != 100_000+lease.Guard {
			t.Fatalf("at %v the lease expires at %d", s.Op, s.Expires())
		}
		s = lease.Step(s, lease.Reply{Lost: true, Now: 90_000})
	}
}

// kubernetes#23731, pinniped#800: work continues after the lease is lost, or the lease is
// released before the work stops.
func TestBugWorkAfterTheLease(t *testing.T) {
	md := alone.ready()
	w := md.first()
	var ops []lease.Op
	md.run(t, &w, func(op lease.Op, _ int) how {
		if op == lease.Refuse && w.msgs[0].entry == 0 {
			w.own, w.exp = w.msgs[1].name(1), w.msgs[1].name(1) // another function overtakes
		}
		ops = append(ops, op)
		return asDue(op)
	})
	for i, op := range ops {
		if op == lease.Refuse {
			if ops[i+1] != lease.Ring {
				t.Fatalf("fenced, and went on: %v", ops)
			}
			break
		}
	}
	if last := ops[len(ops)-1]; last != lease.Release {
		t.Errorf("the last effect is %v: %v", last, ops)
	}
}

// dynamolock v5: the item is deleted while its owner holds the lock. Here it is deleted before
// each effect.
func TestBugItemDeleted(t *testing.T) {
	md := alone.ready()
	whole := 0
	for at := 0; at <= whole; at++ {
		w := md.first()
		result := md.run(t, &w, func(op lease.Op, n int) how {
			if n == at {
				w.own, w.exp, w.want, w.applied, w.cond, w.gone = 0, 0, 0, 0, 0, 0
			}
			if at == 0 {
				whole = n
			}
			return asDue(op)
		})
		if result != lease.Served || w.own != 0 || w.want != w.applied || w.group.rules() != 1 || w.refused != 2 {
			t.Errorf("deleted before effect %d: %v, %v", at, result, &w)
		}
	}
}
