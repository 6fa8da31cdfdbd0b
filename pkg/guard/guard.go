// Package guard decides what may be asked at all. No IAM condition key names a
// port or an address, so whoever may publish events could otherwise open any
// port of a managed group to anybody.
//
// A [Guard] is a list of allow entries and one of deny entries, whose rules are
// written and judged in the algebra of package secgroup. What a request asks must
// lie within the union of what the allow entries for it admit, exactly, and may
// overlap nothing that a deny entry for it names, exactly. So it does not matter
// how a request is spelled: ranges split or widened, -1, protocols by number,
// CIDRs in halves.
//
// A prefix list is judged by its entries, unless an allow entry lists its id. A [Union]
// judges the live requests of a group together.
//
// [Builtin] is the guard without a file, and [Read] reads one. A guard is pure and
// never changes. Where an entry depends on a group's name or tags and nobody told
// them, [Guard.Check] says whether they matter, so that EC2 is asked only then.
package guard

import (
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Guard says what may be asked. The zero Guard allows anything; a nil one has no
// limits and no admins.
type Guard struct {
	restricted bool // only what is within allow may be asked
	allow      []entry
	deny       []entry
	admins     []entry
	limits     Limits
	common     common  // what the allow entries for everybody admit
	joint      []joint // what requests are judged by together

	requirements []requirement
	publishers   []Publisher
	reach        []reach
}

// Limits are bounds on requests; a zero one does not bound.
type Limits struct {
	Rules        int           // that a launch may have in one group
	Claims       int           // that may be open at once in one group
	Expiry       time.Duration // after which at the latest a request expires
	WorldExpires bool          // what is open to the world must expire

	// Of the launches of one publisher, or of one account if the file names none, that
	// have open requests in one group: how many there may be, and how many rules they may
	// have together.
	PublisherClaims, PublisherRules int
}

// Entries counts what a guard has.
type Entries struct {
	Allow   int // -1 where there is no list, so that anything may be asked
	Deny    int // but for the built-in ones
	Admins  int
	Builtin bool // the built-in ones are in force
}

// Entries counts the guard's entries.
func (g *Guard) Entries() Entries {
	n := Entries{Allow: len(g.allow), Deny: len(g.deny), Admins: len(g.admins)}
	if !g.restricted {
		n.Allow = -1
	}
	if n.Builtin = len(g.deny) > 0 && g.deny[0].says != ""; n.Builtin {
		n.Deny -= len(builtin())
	}
	return n
}

// Limits returns the guard's limits.
func (g *Guard) Limits() Limits {
	if g == nil {
		return Limits{}
	}
	return g.limits
}

// Ask is a request as a guard judges it.
type Ask struct {
	Launch    events.Launch
	Source    string // of the event, if EventBridge wrote it
	Group     Group
	Rules     []secgroup.Entry
	Parts     []events.Part // of the event, to tell the field of a fault; may be nil
	Received  time.Time
	ExpiresAt time.Time // zero: never
	// Lists holds the prefix lists whose entries were read, by id. [Guard.Reads] says
	// which lists the verdict depends on. A list that is not here counts as unknown.
	Lists   map[string]List
	Purpose events.Purpose
}

// Group is the security group that a request is about.
type Group struct {
	Account, ID string
	Facts       *Facts // nil where they are not known
}

// Facts are what EC2 knows of a group and entries may depend on.
type Facts struct {
	Name string
	Tags map[string]string
}

// Check returns all that is wrong with a request; nil where it may be asked. Needs
// is true where that depends on the group's name or tags, which the request does not
// tell: the faults are then those under the least favourable name and tags. A prefix list
// that matters and that the request does not tell is a fault, see [Guard.Reads].
func (g *Guard) Check(a Ask) (faults events.Faults, needs bool) {
	strict := g.try(a, false)
	if len(strict.faults) == 0 || !strict.unsure {
		return strict.faults, false
	}
	lenient := g.try(a, true)
	if len(lenient.faults) == 0 {
		return strict.faults, true
	}
	return lenient.faults, false
}
