package guard

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/rulefile"
)

func limits(n rulefile.Node) (l Limits) {
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

var (
	spanText = regexp.MustCompile(`^([1-9][0-9]{0,5})([dhm])$`)
	units    = map[string]time.Duration{"d": 24 * time.Hour, "h": time.Hour, "m": time.Minute}
)

const maxExpiry = 3650 * 24 * time.Hour

func expiry(n rulefile.Node) time.Duration {
	s := n.Text(16)
	part := spanText.FindStringSubmatch(s)
	if s == "" {
		return 0
	}
	if part != nil {
		count, _ := strconv.Atoi(part[1]) // of at most six digits
		if d := time.Duration(count) * units[part[2]]; d <= maxExpiry {
			return d
		}
	}
	n.Fault("found %s: want days, hours or minutes, such as 7d, 12h or 90m, at most 3650d", rulefile.Quote(s))
	return 0
}

// span returns a duration in the file's syntax.
func span(d time.Duration) string {
	for _, unit := range []string{"d", "h"} {
		if d%units[unit] == 0 {
			return fmt.Sprintf("%d%s", d/units[unit], unit)
		}
	}
	return fmt.Sprintf("%dm", d/units["m"])
}
