package guard

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// expiry records a fault if a request expires too late or never.
func (t *trial) expiry() {
	at, most := t.ask.ExpiresAt, t.limits.Expiry
	latest := t.ask.Received.Add(most).UTC().Truncate(time.Second)
	switch {
	case most > 0 && at.IsZero():
		t.fault("/expiresAt", "absent: a request must expire within %s; want at most %s", span(most), latest.Format(time.RFC3339))
	case most > 0 && at.After(t.ask.Received.Add(most)):
		t.fault("/expiresAt", "%s is too late: a request must expire within %s; want at most %s", at.UTC().Format(time.RFC3339), span(most), latest.Format(time.RFC3339))
	case t.limits.unexpiring() && at.IsZero():
		if len(t.open(&anyWorld)) > 0 {
			t.fault("/expiresAt", "absent: what is open to the world must expire; give the time at which it is no longer needed")
		}
	}
}

// anyWorld is about all traffic that is open to the world.
var anyWorld = term{
	Rule:  secgroup.New(secgroup.Ingress, secgroup.All, secgroup.NoPorts, secgroup.Self),
	peers: theWorld,
}

// unexpiring reports whether a request that never expires may not open anything to the
// world.
func (l Limits) unexpiring() bool { return l.Expiry == 0 && l.WorldExpires }

// number records a fault if a request alone has too many rules. The round counts them together
// with the launch's other rules, under the lease.
func (t *trial) number() {
	if n := len(t.ask.Rules); t.limits.Rules > 0 && n > t.limits.Rules {
		t.fault("/rules", "%d rules: a launch may have at most %d in a group; ask for wider ranges, or for less", n, t.limits.Rules)
	}
}
