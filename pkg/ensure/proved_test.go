package ensure_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestProvedAndRevoked does not rely on a rule that a Duplicate proved if a holder revoked it
// since, and crashed before it recorded that.
func TestProvedAndRevoked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var age time.Duration
		r := newRig(t, fakeaws.Options{Latency: everyCall, Stale: func(fakeaws.Op) time.Duration { return age }})
		time.Sleep(time.Hour)
		maker := &client{nth: 5, then: diesAfter} // its authorize: the rule's id is unknown
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

// TestAnnouncedAndDenied: a crashed holder may have announced a request as served, so the request
// is not refused. While IAM denies its rules, it waits.
func TestAnnouncedAndDenied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var age time.Duration
		r := newRig(t, fakeaws.Options{Latency: everyCall, Stale: func(fakeaws.Op) time.Duration { return age }}, onBus)
		b := r.listen()
		time.Sleep(time.Hour)
		holder := &client{nth: 7, then: dies} // its release
		r.killed(holder, launch("served", shared, 8000), onBus)
		if announced := b.launches(); len(announced) != 1 {
			t.Fatalf("Ports Ensured name %v, want the one that the holder served", announced)
		}
		age = 10 * time.Minute // so a describe does not show the holder's rules
		r.account.Deny("ec2:AuthorizeSecurityGroupIngress")
		time.Sleep(time.Minute)
		r.status(launch("late", shared, 8002), events.Queued)
		time.Sleep(time.Minute)
		r.status(launch("late", shared, 8002), events.Queued)
		r.status(launch("new", shared, 8004), events.Rejected) // no holder can have announced it
		if refused := taken[events.LaunchRejected](b); len(refused) != 1 || refused[0].Launch != "new" {
			t.Errorf("refused are %v, want the new one alone", refused)
		}
		r.account.Deny()
		age = 0
		r.sweeps(10 * time.Minute)
		r.has("tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0")
		if announced := b.launches(); len(announced) == 0 || announced[len(announced)-1] != "late" {
			t.Errorf("Ports Ensured name %v, want the late one too", announced)
		}
	})
}

// TestAnnouncedAndFull: a crashed holder may have announced a request as served, and a describe is
// older than that holder's. The request is not refused. A request that was never announced and
// does not fit does not wait forever.
func TestAnnouncedAndFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var age time.Duration
		r := newRig(t, fakeaws.Options{Latency: everyCall, Stale: func(fakeaws.Op) time.Duration { return age }}, onBus,
			quotaOf(2))
		b := r.listen()
		time.Sleep(time.Hour)
		r.outsider(shared, "tcp 8000-8015 from 0.0.0.0/0") // now the group is beyond its quota
		holder := &client{nth: 6, then: dies}              // its release
		r.killed(holder, launch("served", shared, 8000), onBus)
		if announced := b.launches(); !slices.Equal(announced, []string{"served"}) {
			t.Fatalf("Ports Ensured name %v, want the one that the holder served", announced)
		}
		age = 10 * time.Minute // so a describe does not show the outsider's rules
		time.Sleep(time.Minute)
		r.status(launch("late", shared, 9000), events.Queued)
		time.Sleep(2 * time.Minute)
		r.status(launch("new", shared, 9002), events.Rejected) // no holder can have announced it
		age = 0
		r.sweeps(10 * time.Minute)
		r.status(launch("served", shared, 8000), events.Ensured)
		r.sweeps(15 * time.Minute)
		r.status(launch("late", shared, 9000), events.Rejected)
		if refused := rejectedNames(b); !slices.Equal(refused, []string{"late", "new"}) {
			t.Errorf("refused are %v, want those that do not fit", refused)
		}
	})
}
