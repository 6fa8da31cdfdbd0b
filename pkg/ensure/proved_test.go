package ensure_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestProvedAndRevoked does not rely on a rule that a Duplicate proved, and that
// was revoked since by a holder that did not live to say so.
func TestProvedAndRevoked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var age time.Duration
		r := newRig(t, fakeaws.Options{Latency: everyCall, Stale: func(fakeaws.Op) time.Duration { return age }})
		time.Sleep(time.Hour)
		maker := &client{nth: 5, then: diesAfter} // its authorize: nobody knows the rule's id
		r.killed(maker, launch("a", shared, 8000))
		time.Sleep(time.Minute)
		age = 10 * time.Minute // the rule is not described, and EC2 says that it exists
		r.ensured(launch("a", shared, 8000))
		age = 0
		revoker := &client{nth: 6, then: diesAfter}
		r.killed(revoker, end("a", shared))
		r.hasNot("tcp 8000 from 0.0.0.0/0")
		time.Sleep(time.Minute)
		r.ensured(launch("b", shared, 8000))
		r.has("tcp 8000 from 0.0.0.0/0")
	})
}

// TestToldAndDenied refuses nobody who may have been told to be served by a holder
// that died: who needs what is not allowed at present waits for it.
func TestToldAndDenied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var age time.Duration
		r := newRig(t, fakeaws.Options{Latency: everyCall, Stale: func(fakeaws.Op) time.Duration { return age }}, onBus)
		b := r.listen()
		time.Sleep(time.Hour)
		holder := &client{nth: 7, then: dies} // its release
		r.killed(holder, launch("told", shared, 8000), onBus)
		if told := b.launches(); len(told) != 1 {
			t.Fatalf("Ports Ensured name %v, want the one that the holder served", told)
		}
		age = 10 * time.Minute // so what the holder made is not described
		r.account.Deny("ec2:AuthorizeSecurityGroupIngress")
		time.Sleep(time.Minute)
		r.status(launch("late", shared, 8002), events.Queued)
		time.Sleep(time.Minute)
		r.status(launch("late", shared, 8002), events.Queued)
		r.status(launch("new", shared, 8004), events.Rejected) // which nobody can have been told of
		if refused := taken[events.LaunchRejected](b); len(refused) != 1 || refused[0].Launch != "new" {
			t.Errorf("refused are %v, want the new one alone", refused)
		}
		r.account.Deny()
		age = 0
		r.sweeps(10 * time.Minute)
		r.has("tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0")
		if told := b.launches(); len(told) == 0 || told[len(told)-1] != "late" {
			t.Errorf("Ports Ensured name %v, want the late one too", told)
		}
	})
}

// TestToldAndFull refuses nobody who may have been told to be served by a holder
// that died because a describe is older than what that holder saw; nor for ever
// keeps waiting who was never told, and does not fit.
func TestToldAndFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var age time.Duration
		r := newRig(t, fakeaws.Options{Latency: everyCall, Stale: func(fakeaws.Op) time.Duration { return age }}, onBus, quotaOf(2))
		b := r.listen()
		time.Sleep(time.Hour)
		r.outsider(shared, "tcp 8000-8015 from 0.0.0.0/0") // now the group is beyond its quota
		holder := &client{nth: 6, then: dies}              // its release
		r.killed(holder, launch("told", shared, 8000), onBus)
		if told := b.launches(); !slices.Equal(told, []string{"told"}) {
			t.Fatalf("Ports Ensured name %v, want the one that the holder served", told)
		}
		age = 10 * time.Minute // so what the outsider added is not described
		time.Sleep(time.Minute)
		r.status(launch("late", shared, 9000), events.Queued)
		time.Sleep(2 * time.Minute)
		r.status(launch("new", shared, 9002), events.Rejected) // nobody can have told that one
		age = 0
		r.sweeps(10 * time.Minute)
		r.status(launch("told", shared, 8000), events.Ensured)
		r.sweeps(15 * time.Minute)
		r.status(launch("late", shared, 9000), events.Rejected)
		if refused := rejectedNames(b); !slices.Equal(refused, []string{"late", "new"}) {
			t.Errorf("refused are %v, want those that do not fit", refused)
		}
	})
}
