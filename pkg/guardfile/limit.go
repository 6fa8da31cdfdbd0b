package guardfile

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/rulefile"
)

func limits(n rulefile.Node) (l guard.Limits) {
	m := n.Members("rules", "claims", "publisherRules", "publisherClaims", "expiry", "worldExpires")
	if m == nil {
		return l
	}
	if n := m["rules"]; n.Present() {
		l.Rules = n.Number(1, 1000)
	}
	if n := m["claims"]; n.Present() {
		l.Claims = n.Number(1, 100_000)
	}
	if n := m["publisherRules"]; n.Present() {
		l.PublisherRules = n.Number(1, 1000)
	}
	if n := m["publisherClaims"]; n.Present() {
		l.PublisherClaims = n.Number(1, 100_000)
	}
	if n := m["expiry"]; n.Present() {
		l.Expiry = expiry(n)
	}
	if n := m["worldExpires"]; n.Present() {
		l.WorldExpires = n.Bool()
	}
	return l
}

func expiry(n rulefile.Node) time.Duration {
	s := n.Text(16)
	if s == "" {
		return 0
	}
	d, ok := guard.ParseSpan(s)
	if !ok {
		n.Fault("found %s: want days, hours or minutes, such as 7d, 12h or 90m, at most 3650d", rulefile.Quote(s))
		return 0
	}
	return d
}
