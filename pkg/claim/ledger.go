package claim

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Ledger is the memory that the rounds of a group leave to later rounds. A holder
// writes it with its release or its yield. PendingRevokes are also added before each
// revoke, a ring sets Keys and Span, and commands set Frozen and Keys.
type Ledger struct {
	// Made are the rules authorized within the last hour and not revoked since
	// by us.
	Made []Made
	// Gone are the rules that were recently revoked: EC2 may still describe them. A round
	// adds to them, and drops none before [Lag] has passed.
	Gone []Gone
	// PendingRevokes are the rules whose ids were recorded before EC2 was told to
	// revoke them. The call may still arrive, so nobody may count on these rules.
	PendingRevokes []PendingRevoke
	// Untagged are the existing rules that this installation made without tags.
	Untagged []Untagged
	// Served tells which requests a round has served.
	Served Served
	// Due is when the group must be looked at again though nobody rings; zero:
	// never.
	Due time.Time
	// Missing is since when there is no such group; zero: there is.
	Missing time.Time
	// Lapse is when a round last began after an unreleased one: its holder may have
	// announced launches that Served does not hold. Zero: long ago, or never.
	Lapse time.Time
	// Until is when EC2's describe has settled: until then, a rule that was revoked or
	// whose revoke is pending may still be described.
	Until time.Time
	// Lost is when a request was last settled, or a rule last revoked. Zero: long ago.
	Lost time.Time
	// Stored tells how the table keeps this ledger.
	Stored Stored
	// Limit is a rule quota that EC2 has shown to be lower than the configured one.
	Limit Limit
	// Frozen says why nothing is written to the group; "": it is not frozen.
	Frozen string
	// Keys seal the rules that are made with tags or signed, the newest first. The first
	// ring makes one.
	Keys []Key
	// Retires is when the former keys count no more; zero: no round has recorded the rules
	// that they sealed.
	Retires time.Time
	// Span names the tickets counted since the last release: the first ring after it makes
	// a random name. "": nobody rang since.
	Span string
	// Forgotten is the highest ticket that the table may have forgotten, because it was
	// restored to an older state: a rule bears it, or the group began in a table of another
	// name. No rule is revoked until a person confirms. Zero: none is known to be forgotten.
	Forgotten int64
}

// Stored tells how the table keeps a ledger, as it was read. With it, a release writes
// only the parts that change. Only package dynamo looks into it.
type Stored struct {
	// Writes is how often the ledger was written.
	Writes int64
	// Pages are the items that hold the lists.
	Pages []Page
	// Apart: pending revokes, or adopted rules without tags, are kept apart from the
	// pages. A release replaces them.
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
	At    time.Time // when; zero: EC2 has shown none
}

// PendingRevoke is a rule whose id is recorded before EC2 is told to revoke it.
type PendingRevoke struct {
	ID     string
	Egress bool      // EC2 has a call for each direction
	Since  time.Time // when it was recorded, to the second; zero: by an older version
}

// Entry returns the rule as far as its record tells: the id and the direction.
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
	// ID is EC2's SecurityGroupRuleId; "" until a describe tells it, where EC2
	// only said that the rule exists.
	ID        string
	At        time.Time
	Described bool // by EC2, since
	// Listed: EC2's answer to our own call listed the rule, so it is ours. Otherwise it
	// is known only from a Duplicate error, and may be anybody's.
	Listed bool
}

// Gone is a rule that was revoked, or that EC2 knows no more.
type Gone struct {
	ID string
	At time.Time
}

const (
	// Lag is how long EC2 is taken to describe a group as it was before a
	// write: more than two minutes have been seen.
	Lag = 15 * time.Minute
	// SettleTime is how long a rule must stand before what it replaces may go:
	// EC2 carries rules to its hosts in its own time.
	SettleTime = 30 * time.Second

	remembered = time.Hour
	contested  = 3
)

// Described returns what is to be known of the made rules after a describe.
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

// idOf returns the id under which the rule is described; "" where it is not.
func idOf(r secgroup.Rule, described []secgroup.Entry) string {
	for _, entry := range described {
		if entry.Rule.Matches(r) {
			return entry.ID
		}
	}
	return ""
}

// Stands reports whether the rule must be taken to stand though EC2 does not
// describe it.
func (m Made) Stands(now time.Time) bool { return !m.Described && now.Sub(m.At) < Lag }

// Settled reports whether the rule has stood for long enough, and was
// described, to rely on it alone.
func (m Made) Settled(now time.Time) bool { return m.Described && now.Sub(m.At) >= SettleTime }

// Contested reports whether a rule was made again and again within the hour,
// though we did not revoke it: somebody else removes it, and means it. That EC2
// said it exists is no making.
func Contested(made []Made, r secgroup.Rule, now time.Time) bool {
	ids := make(map[string]bool)
	for _, m := range made {
		if m.ID != "" && m.Rule.Matches(r) && now.Sub(m.At) < remembered {
			ids[m.ID] = true
		}
	}
	return len(ids) >= contested
}

// Standing returns the recently made rules that exist although EC2 does not describe
// them yet.
//
// A rule without an ID is known only from a Duplicate error. It is assumed to exist
// until a rule is revoked, or its revoke is pending, that could be the same one. From
// then on it counts as missing. At worst, EC2 answers Duplicate once more.
func (l Ledger) Standing(described []secgroup.Entry, now time.Time) []Made {
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
	for _, g := range l.Gone {
		lost.add(known, g.ID, g.At)
	}
	return slices.DeleteFunc(slices.Clone(l.Made), func(m Made) bool {
		return !m.Stands(now) || m.ID == "" && lost.maySince(m)
	})
}

// ever is later than any time of a ledger, whatever clock wrote it: a pending revoke may
// be carried out at any time.
var ever = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

// losses tell when rules were last revoked, or are about to be.
type losses struct {
	rules   byRule[time.Time]
	unknown time.Time // the last of which only the id is known
	any     bool      // there is such a one
}

func (l *losses) add(known map[string]secgroup.Rule, id string, at time.Time) {
	if r, ok := known[id]; ok {
		l.rules.add(r, at)
	} else if !l.any || at.After(l.unknown) {
		l.unknown, l.any = at, true
	}
}

// maySince reports whether a rule without an ID may have been lost at the time when it
// was made, or after that.
func (l *losses) maySince(m Made) bool {
	return l.any && !l.unknown.Before(m.At) ||
		l.rules.contains(m.Rule, func(at time.Time) bool { return !at.Before(m.At) })
}

// byRule holds what is known of rules. It finds that of all rules which EC2 takes for the
// same as one.
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

// Recent returns those that EC2 may still describe.
func Recent(gone []Gone, now time.Time) []Gone {
	return slices.DeleteFunc(slices.Clone(gone), func(g Gone) bool { return now.Sub(g.At) >= Lag })
}

// Join returns what both know.
func (l Ledger) Join(m Ledger) Ledger {
	joined := l
	joined.Served = l.Served.Join(m.Served)
	if m.Lapse.After(l.Lapse) {
		joined.Lapse = m.Lapse
	}
	joined.Made = union(l.Made, m.Made, Made.key)
	joined.Gone = union(l.Gone, m.Gone, func(g Gone) string { return g.ID })
	joined.Untagged = union(l.Untagged, m.Untagged, func(u Untagged) string { return u.ID })
	gone := make(map[string]bool, len(joined.Gone))
	for _, g := range joined.Gone {
		gone[g.ID] = true
	}
	joined.Made = identified(slices.DeleteFunc(joined.Made, func(m Made) bool { return gone[m.ID] }))
	joined.Untagged = slices.DeleteFunc(joined.Untagged, func(u Untagged) bool { return gone[u.ID] })
	return joined
}

// identified returns the made rules without those that stand among them a second
// time, with their id.
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

// key tells made rules apart, those that have no id yet by what they are.
func (m Made) key() string {
	if m.ID == "" {
		return m.Rule.String()
	}
	return m.ID
}

// union returns the elements of a and those of b whose id no other has.
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
