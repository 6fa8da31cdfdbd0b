package claim

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Ledger is the record that the rounds of a group leave to later rounds. A holder writes it
// with its release or its yield. PendingRevokes are also added before each revoke, a ring sets
// Keys and Span, and commands set Frozen and Keys.
type Ledger struct {
	// Made are the rules that sgkeeper authorized within the last hour and has not revoked
	// since.
	Made []Made
	// Revoked are the recently revoked rules: EC2 may still describe them. A round adds to them,
	// and drops none before [Lag] has passed.
	Revoked []Revoked
	// PendingRevokes are the rules with ids that were recorded before the call to revoke them.
	// The call may still take effect, so no request may rely on these rules.
	PendingRevokes []PendingRevoke
	// Untagged are the existing rules that this installation made without tags.
	Untagged []Untagged
	// Served records the requests that a round has served.
	Served Served
	// Due is when a sweep must serve the group without a ring; zero: never.
	Due time.Time
	// Missing is since when EC2 does not know the group; zero: it knows it.
	Missing time.Time
	// Unreleased is when a round last began after an unreleased one, which may have announced
	// requests that are not in Served. Zero: long ago, or never.
	Unreleased time.Time
	// Until is the time before which EC2 may still describe a revoked rule, or one with a
	// pending revoke.
	Until time.Time
	// Lost is when a request was last finished, or a rule last revoked. Zero: long ago.
	Lost time.Time
	// Stored describes the table's items of this ledger.
	Stored Stored
	// Limit is a rule quota that EC2 has shown to be lower than the configured one.
	Limit Limit
	// Frozen is the reason why sgkeeper writes nothing to the group; "": it is not frozen.
	Frozen string
	// Keys seal tagged and signed rules. The newest is first, and the first ring makes one.
	Keys []Key
	// Retires is when the former keys become invalid; zero: no round has recorded the rules
	// that they sealed.
	Retires time.Time
	// Span is the random name of the tickets counted since the last release. The first ring
	// after a release makes it. "": no ring since then.
	Span string
	// Forgotten is the highest ticket that the table may have forgotten, because it was
	// restored to an older state. A rule's stamp has that ticket, or the group began in a
	// table of another name. No rule is revoked until an operator confirms. Zero: no ticket is
	// known to be forgotten.
	Forgotten int64
}

// Stored describes the table's items of a ledger, as they were read. A release uses it to
// write only the changed parts. Only package dynamo interprets it.
type Stored struct {
	// Writes counts the writes of the ledger.
	Writes int64
	// Pages are the items that hold the lists.
	Pages []Page
	// Apart: an item separate from the pages holds pending revokes or adopted untagged rules.
	// A release replaces it.
	Apart bool
}

// Page is an item of the table that holds entries of the ledger, one a line.
type Page struct {
	Number int
	Lines  []string // sorted; none: the page does not count
}

// Limit is the number of rules of one direction and address family at which EC2
// rejected another one.
type Limit struct {
	Rules int
	At    time.Time // zero: EC2 has shown none
}

// PendingRevoke is a rule with an id that is recorded before the call to revoke it.
type PendingRevoke struct {
	ID     string
	Egress bool      // EC2 has a call for each direction
	Since  time.Time // when it was recorded, to the second; zero: by an older version
}

// Entry returns the known part of the rule: the id and the direction.
func (p PendingRevoke) Entry() secgroup.Entry {
	e := secgroup.Entry{ID: p.ID}
	if p.Egress {
		e.Rule.Direction = secgroup.Egress
	}
	return e
}

// Made is a rule that was authorized.
type Made struct {
	Rule secgroup.Rule
	// ID is EC2's SecurityGroupRuleId. It is "" if EC2 only answered Duplicate, until a
	// describe shows the rule.
	ID        string
	At        time.Time
	Described bool // EC2 has described it since
	// Listed: EC2's answer to sgkeeper's own call listed the rule, so sgkeeper owns it.
	// Otherwise only a Duplicate error shows that it exists, and it may be foreign.
	Listed bool
}

// Revoked is a rule that was revoked, or that EC2 does not know any more.
type Revoked struct {
	ID string
	At time.Time
}

const (
	// Lag is how long EC2 may describe a group as it was before a write. We have seen more
	// than two minutes.
	Lag = 15 * time.Minute
	// EffectTime is how long a rule must exist before the rule that it replaces may be
	// revoked. EC2 takes time to distribute rules to its hosts.
	EffectTime = 30 * time.Second

	remembered = time.Hour // how long the ledger keeps a made rule
	contested  = 3         // how often a rule is made in that time until it is contested
)

// Described returns the made rules of the last hour after a describe, with the ids that it
// shows.
func Described(made []Made, described []secgroup.Entry, now time.Time) []Made {
	seen := make(map[string]bool, len(described))
	for _, entry := range described {
		seen[entry.ID] = true
	}
	var known []Made
	for _, m := range made {
		if now.Sub(m.At) >= remembered {
			continue
		}
		if m.ID == "" {
			m.ID = idOf(m.Rule, described)
		}
		m.Described = m.Described || seen[m.ID]
		known = append(known, m)
	}
	return known
}

// idOf returns the id of the described rule, or "" if the rule is not described.
func idOf(r secgroup.Rule, described []secgroup.Entry) string {
	for _, entry := range described {
		if entry.Rule.Matches(r) {
			return entry.ID
		}
	}
	return ""
}

// Assumed reports whether the rule counts as existing although EC2 does not describe it.
func (m Made) Assumed(now time.Time) bool { return !m.Described && now.Sub(m.At) < Lag }

// InEffect reports whether the rule is in effect: it was described, and is at least
// [EffectTime] old.
func (m Made) InEffect(now time.Time) bool { return m.Described && now.Sub(m.At) >= EffectTime }

// Contested reports whether sgkeeper made a rule three times within the hour without revoking
// it. If so, an outsider keeps removing it. A Duplicate error does not count as making it.
func Contested(made []Made, r secgroup.Rule, now time.Time) bool {
	ids := make(map[string]bool)
	for _, m := range made {
		if m.ID != "" && m.Rule.Matches(r) && now.Sub(m.At) < remembered {
			ids[m.ID] = true
		}
	}
	return len(ids) >= contested
}

// Assumed returns the recently made rules that exist although EC2 does not describe them yet.
//
// A rule without an ID is known only from a Duplicate error. Assume it exists until we revoke
// a rule that could be the same one, or record its pending revoke. From then on it counts as
// missing. At worst, EC2 answers Duplicate once more.
func (l Ledger) Assumed(described []secgroup.Entry, now time.Time) []Made {
	known := make(map[string]secgroup.Rule, len(described)+len(l.Made))
	for _, entry := range described {
		known[entry.ID] = entry.Rule
	}
	for _, m := range l.Made {
		known[m.ID] = m.Rule
	}
	var lost losses
	for _, p := range l.PendingRevokes {
		lost.add(known, p.ID, ever)
	}
	for _, g := range l.Revoked {
		lost.add(known, g.ID, g.At)
	}
	return slices.DeleteFunc(slices.Clone(l.Made), func(m Made) bool {
		return !m.Assumed(now) || m.ID == "" && lost.maySince(m)
	})
}

// ever is later than any time in a ledger, because a pending revoke may take effect at any
// time.
var ever = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

// losses holds when rules were last revoked, or will be.
type losses struct {
	rules   byRule[time.Time]
	unknown time.Time // the last loss of a rule known only by its id
	any     bool      // unknown is set
}

func (l *losses) add(known map[string]secgroup.Rule, id string, at time.Time) {
	if r, ok := known[id]; ok {
		l.rules.add(r, at)
	} else if !l.any || at.After(l.unknown) {
		l.unknown, l.any = at, true
	}
}

// maySince reports whether a rule without an ID may have been revoked when it was made, or
// later.
func (l *losses) maySince(m Made) bool {
	return l.any && !l.unknown.Before(m.At) ||
		l.rules.contains(m.Rule, func(at time.Time) bool { return !at.Before(m.At) })
}

// byRule maps rules to values. A lookup finds the values of all rules that EC2 treats as the
// same.
type byRule[T any] map[secgroup.Rule][]ofRule[T]

type ofRule[T any] struct {
	rule secgroup.Rule
	of   T
}

func (b *byRule[T]) add(r secgroup.Rule, t T) {
	if *b == nil {
		*b = make(byRule[T])
	}
	(*b)[r.WithoutOwner()] = append((*b)[r.WithoutOwner()], ofRule[T]{r, t})
}

func (b byRule[T]) contains(r secgroup.Rule, is func(T) bool) bool {
	return slices.ContainsFunc(b[r.WithoutOwner()], func(o ofRule[T]) bool { return o.rule.Matches(r) && is(o.of) })
}

// Recent returns the revoked rules that EC2 may still describe.
func Recent(gone []Revoked, now time.Time) []Revoked {
	return slices.DeleteFunc(slices.Clone(gone), func(g Revoked) bool { return now.Sub(g.At) >= Lag })
}

// Join returns the union of both ledgers.
func (l Ledger) Join(m Ledger) Ledger {
	joined := l
	joined.Served = l.Served.Join(m.Served)
	if m.Unreleased.After(l.Unreleased) {
		joined.Unreleased = m.Unreleased
	}
	joined.Made = union(l.Made, m.Made, Made.key)
	joined.Revoked = union(l.Revoked, m.Revoked, func(g Revoked) string { return g.ID })
	joined.Untagged = union(l.Untagged, m.Untagged, func(u Untagged) string { return u.ID })
	gone := make(map[string]bool, len(joined.Revoked))
	for _, g := range joined.Revoked {
		gone[g.ID] = true
	}
	joined.Made = identified(slices.DeleteFunc(joined.Made, func(m Made) bool { return gone[m.ID] }))
	joined.Untagged = slices.DeleteFunc(joined.Untagged, func(u Untagged) bool { return gone[u.ID] })
	return joined
}

// identified returns the made rules, without each rule that lacks an id and is also there with
// one.
func identified(made []Made) []Made {
	var known byRule[time.Time]
	for _, m := range made {
		if m.ID != "" {
			known.add(m.Rule, m.At)
		}
	}
	return slices.DeleteFunc(slices.Clone(made), func(m Made) bool {
		return m.ID == "" && known.contains(m.Rule, func(at time.Time) bool { return !at.Before(m.At) })
	})
}

// key identifies a made rule by its id, or by its text if it has no id yet.
func (m Made) key() string {
	if m.ID == "" {
		return m.Rule.String()
	}
	return m.ID
}

// union returns the elements of a, and those of b with other ids.
func union[T any](a, b []T, id func(T) string) []T {
	known := make(map[string]bool, len(a))
	joined := slices.Clone(a)
	for _, t := range a {
		known[id(t)] = true
	}
	for _, t := range b {
		if !known[id(t)] {
			joined = append(joined, t)
		}
	}
	return joined
}
