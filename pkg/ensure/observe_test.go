package ensure_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func observing(c *handler.Config) { c.Mode = handler.Observe }

// TestObserve: an observer decides and writes nothing. A later function without Observe serves
// the recorded requests, although none is repeated.
func TestObserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall}, onBus, observing)
		r.outsider(shared, "tcp 8000 from 0.0.0.0/0")
		b, w := r.listen(), r.watch()
		for range 2 { // the second is a repeat
			o := r.ask(launch("a", shared, 8000, 8002))
			if o.Status != events.Observed {
				t.Errorf("status %s %v, want observed", o.Status, o.Reasons)
			}
			if len(o.Authorized) != 1 || o.Authorized[0].Rule != world(8002) || o.Authorized[0].ID != "" {
				t.Errorf("would authorize %v, want port 8002", o.Authorized)
			}
			if len(o.Covered) != 1 || o.Covered[0].Rule.Rule != world(8000) {
				t.Errorf("covered %v, want port 8000", o.Covered)
			}
		}
		if names := w.names(""); slices.Contains(names, "authorize") || slices.Contains(names, "publish") {
			t.Errorf("effects %v: an observer writes nothing to EC2 and publishes nothing", names)
		}
		r.hasNot("tcp 8002 from 0.0.0.0/0")

		enforcer := r.process(&client{}, onBus)
		enforcer.ensured(launch("b", shared, 8004))
		r.has("tcp 8002 from 0.0.0.0/0", "tcp 8004 from 0.0.0.0/0")
		if got := b.launches(); !slices.Contains(got, "a") {
			t.Errorf("Ports Ensured for %v, want a as well", got)
		}
	})
}

// TestObserveRefusal reports the refusals of a round, and refuses nothing.
func TestObserveRefusal(t *testing.T) {
	r := newRig(t, fakeaws.Options{}, observing, func(c *handler.Config) { c.Quota = 3 })
	r.ask(launch("a", shared, 8000))
	o := r.ask(launch("b", shared, 8002))
	if o.Status != events.Observed || len(o.Reasons) != 1 || o.Reasons[0].Field != "/rules" || len(o.Authorized) != 0 {
		t.Errorf("outcome %+v, want observed with the quota as reason", o)
	}
	enforcer := r.process(&client{}, func(c *handler.Config) { c.Quota = 60 })
	enforcer.ensured(launch("b", shared, 8002))
	r.has("tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0")
}

// world returns a rule for one port from 0.0.0.0/0.
func world(port int32) secgroup.Rule {
	return secgroup.New(secgroup.Ingress, secgroup.TCP, secgroup.Ports{First: port, Last: port},
		secgroup.MustParseRule("tcp 1 from 0.0.0.0/0").Peer)
}
