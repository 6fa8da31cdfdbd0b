package claim

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Ledger is what the rounds of a group leave to the rounds after them. It is
// part of the group's head item and changes only with a release.
type Ledger struct {
	// Made are the rules that were authorized lately and that EC2 has not
	// described yet: Describe lags behind Authorize, by minutes at times.
	Made []Made
	// Served tells which requests a round has served.
	Served Served
	// Due is when the group must be looked at again though nobody rings.
	Due time.Time
}

// Made is a rule that was authorized.
type Made struct {
	Rule secgroup.Rule
	ID   string // EC2's SecurityGroupRuleId
	At   time.Time
}

// MadeFor is how long a rule that was authorized is believed to stand though
// EC2 does not describe it.
const MadeFor = 15 * time.Minute

// Undescribed returns those of the made rules that are younger than MadeFor
// and that EC2 has not described.
func Undescribed(made []Made, described []secgroup.Entry, now time.Time) []Made {
	seen := make(map[string]bool, len(described))
	for _, entry := range described {
		seen[entry.ID] = true
	}
	var rest []Made
	for _, m := range made {
		if !seen[m.ID] && now.Sub(m.At) < MadeFor {
			rest = append(rest, m)
		}
	}
	return rest
}

// Join returns what both know.
func (l Ledger) Join(m Ledger) Ledger {
	joined := Ledger{Made: slices.Clone(l.Made), Served: l.Served.Join(m.Served), Due: l.Due}
	for _, made := range m.Made {
		if !slices.ContainsFunc(l.Made, func(known Made) bool { return known.ID == made.ID }) {
			joined.Made = append(joined.Made, made)
		}
	}
	return joined
}
