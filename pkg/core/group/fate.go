package group

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Fate is the next round's treatment of an existing rule.
type Fate int

const (
	Foreign  Fate = iota // a foreign rule: sgkeeper never revokes it
	Stays                // sgkeeper's, and a live request contains it
	Goes                 // sgkeeper's, and extra: the next round revokes it
	Later                // sgkeeper's: a round revokes it once its replacement is in effect
	Held                 // sgkeeper's, and held by quota: its replacement does not fit
	Frozen               // sgkeeper's, and extra, but the group is frozen
	Withheld             // sgkeeper's, and extra, but the history is lost: see HistoryLost
)

var fateNames = [...]string{"foreign", "stays", "goes", "later", "held", "frozen", "withheld"}

// String returns the fate in one word.
func (f Fate) String() string { return fateNames[f] }

// Fates returns the fate of each existing rule of sgkeeper's, by rule id, under the decision d
// of [State.Decide]. A rule that is not in the map is [Foreign].
func (s State) Fates(d Decision) map[string]Fate {
	frozen, lost := s.Ledger.Frozen != "", s.HistoryLost()
	if frozen || lost {
		s.Ledger.Frozen = ""
		s = s.Confirmed()
		d = s.Decide()
	}
	fates := make(map[string]Fate)
	for _, r := range s.rules {
		if r.Ours && r.ID != "" {
			fates[r.ID] = Stays
		}
	}
	set := func(entries []secgroup.Entry, fate Fate) {
		for _, e := range entries {
			if _, exists := fates[e.ID]; exists { // else its revoke is pending
				fates[e.ID] = fate
			}
		}
	}
	goes, later := Goes, Later
	switch {
	case lost:
		goes, later = Withheld, Withheld
	case frozen:
		goes, later = Frozen, Frozen
	}
	set(d.Revoke, goes)
	set(d.Later, later)
	set(d.Held, Held)
	return fates
}

// Leaving is a rule that EC2 still describes and that does not count as existing.
type Leaving struct {
	secgroup.Entry
	// Pending: the revoke is recorded, but not known to be completed. Otherwise EC2 confirmed
	// the revoke, and the describe lags.
	Pending bool
	Since   time.Time // when the revoke was recorded, or completed
}

// Leaving returns the rules that EC2 still describes although sgkeeper has revoked them or
// recorded a pending revoke.
func (s State) Leaving() (leaving []Leaving) {
	for _, e := range s.Described {
		for _, g := range s.Ledger.Revoked {
			if g.ID == e.ID {
				leaving = append(leaving, Leaving{Entry: e, Since: g.At})
			}
		}
	}
	described := idsOf(s.Described, entryID)
	since := make(map[string]time.Time, len(s.Ledger.PendingRevokes))
	for _, p := range s.Ledger.PendingRevokes {
		since[p.ID] = p.Since
	}
	for _, e := range s.pending {
		if described[e.ID] {
			leaving = append(leaving, Leaving{Entry: e, Pending: true, Since: since[e.ID]})
		}
	}
	return leaving
}

// MadeAt returns when sgkeeper made a rule within the last hour, or zero.
func (s State) MadeAt(r Rule) (at time.Time) {
	for _, m := range s.Ledger.Made {
		if m.ID == r.ID && m.Rule.Matches(r.Rule) && m.At.After(at) {
			at = m.At
		}
	}
	return at
}

// Lacking returns the rules of a request that block its announcement, because no rule that EC2
// has shown allows them. For a request that was served before, assumed rules count, too.
func (s State) Lacking(r claim.Request) []secgroup.Rule {
	have := s.Certain()
	if s.Ledger.Served.Has(r) {
		have = s.Existing()
	}
	return secgroup.Compare(secgroup.Rules(r.Rules), secgroup.Rules(have)).Missing
}

// Died reports whether a lease expired without a release: its holder may have made
// rules that the ledger does not name. Set [State.Interrupted] to it.
func Died(h lease.Head, now time.Time) bool {
	return h.Owner != lease.Nobody && now.After(h.Expires.Time())
}
