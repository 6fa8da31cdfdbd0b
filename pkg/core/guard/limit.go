package guard

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// expiry records a fault if a request expires too late or never.
func (t *trial) expiry() {
	limits, at := t.guardrails.Limits, t.candidate.ExpiresAt
	latest := t.candidate.Received.Add(limits.Expiry)
	want := latest.UTC().Truncate(time.Second).Format(time.RFC3339)
	switch {
	case limits.Expiry > 0 && at.IsZero():
		t.fault("/expiresAt", "absent: a request must expire within %s; want at most %s", span(limits.Expiry), want)
	case limits.Expiry > 0 && at.After(latest):
		t.fault("/expiresAt", "%s is too late: a request must expire within %s; want at most %s",
			at.UTC().Format(time.RFC3339), span(limits.Expiry), want)
	case limits.unexpiring() && at.IsZero():
		if len(t.open(&anyWorld)) > 0 {
			t.fault("/expiresAt", "absent: %s", mustExpire)
		}
	}
}

// mustExpire is the fault of a request that opens something to the world and never expires.
const mustExpire = "a rule that is open to the world must expire; give the time after which it is not needed"

// anyWorld is about all traffic that is open to the world.
var anyWorld = Term{
	Rule:  secgroup.New(secgroup.Ingress, secgroup.All, secgroup.NoPorts, secgroup.Self),
	Peers: World,
}

// unexpiring reports whether a request that never expires may not open anything to the
// world.
func (l Limits) unexpiring() bool { return l.Expiry == 0 && l.WorldExpires }

// number records a fault if a request alone has too many rules. The round counts them together
// with the launch's other rules, under the lease.
func (t *trial) number() {
	if n, most := len(t.candidate.Rules), t.guardrails.Limits.Rules; most > 0 && n > most {
		t.fault("/rules", "%d rules: a launch may have at most %d in a group; request wider ranges, or fewer rules", n,
			most)
	}
}
