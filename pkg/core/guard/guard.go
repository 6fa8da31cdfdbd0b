// Package guard decides which requests are allowed at all. No IAM condition key names a port
// or an address. So without a guard, each publisher of events could open any port of a managed
// group to the world.
//
// A [Guard] has allow entries and deny entries, with rules in the algebra of package secgroup.
// The allow entries for a request must together admit all of its rules. Its rules may not
// overlap a deny entry for it. Both tests are exact, so the spelling of a request does not
// matter. For example, a request for 10.0.0.0/9 and 10.128.0.0/9 gets the verdict of one for
// 10.0.0.0/8. The same is true of split ranges, of -1 and of protocol numbers.
//
// A guard judges a prefix list by its entries, unless an allow entry lists its id. A [Union]
// judges the live requests of a group together.
//
// [Builtin] is the guard without a file, and [Read] reads one. A guard is pure and never
// changes. An entry may depend on a group's name or tags. If the request lacks them,
// [Guard.Check] reports whether they matter, so that the caller reads them from EC2 only then.
package guard

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Guard decides which requests are allowed. The zero Guard allows all. A nil Guard has no
// limits and no admins.
type Guard struct {
	restricted bool // only rules within allow are allowed
	allow      []entry
	deny       []entry
	admins     []entry
	limits     Limits
	common     common  // of the allow entries for everybody
	joint      []joint // terms that judge live requests together

	requirements []requirement
	publishers   []Publisher
	reach        []reach
}

// Limits are bounds on requests. Zero means no bound.
type Limits struct {
	Rules        int           // of a launch in one group
	Claims       int           // live at once in one group
	Expiry       time.Duration // the longest time until a request expires
	WorldExpires bool          // a request that opens a rule to the world must expire

	// PublisherClaims bounds the launches with a live request in one group, and PublisherRules
	// the rules of these launches together. They apply to each publisher or, if the file names
	// none, to each account.
	PublisherClaims, PublisherRules int
}

// Entries counts the entries of a guard.
type Entries struct {
	Allow   int // -1 if there is no list, so that all is allowed
	Deny    int // without the built-in ones
	Admins  int
	Builtin bool // the built-in entries apply
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
	Launch    claim.Launch
	Source    string // of the event, if EventBridge set it
	Group     Group
	Rules     []secgroup.Entry
	Parts     []claim.Part // of the event, to name the field of a fault; may be nil
	Received  time.Time
	ExpiresAt time.Time // zero: never
	// Lists holds the known prefix lists by id. A list that is not here counts as unknown.
	// [Guard.Reads] names the lists that the verdict depends on.
	Lists   map[string]List
	Purpose claim.Purpose
}

// Group is a request's security group.
type Group struct {
	Account, ID string
	Facts       *Facts // nil if unknown
}

// Facts are the properties of a group in EC2 that entries may depend on.
type Facts struct {
	Name string
	Tags map[string]string
}

// Check returns all faults of a request, or nil if it is allowed. Needs is true if the verdict
// depends on the group's name or tags and the request lacks them. The faults are then those
// for the least favourable name and tags. An unknown prefix list is a fault if it matters, see
// [Guard.Reads].
func (g *Guard) Check(a Ask) (faults claim.Faults, needs bool) {
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
