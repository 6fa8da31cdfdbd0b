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
// [Builtin] is the guard without a file. Package guardfile reads a file into [Guardrails], of
// which [New] makes a guard. A guard is pure and never changes. An entry may depend on a
// group's name or tags. If the request lacks them, [Guard.Check] reports whether they matter,
// so that the caller reads them from EC2 only then.
package guard

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Guard decides which requests are allowed. The zero Guard allows all. A nil Guard has no
// limits and no admins.
type Guard struct {
	guardrails Guardrails
	deny       []Entry // the built-in ones, then those of the guardrails
	common     common  // of the allow entries for everybody
	joint      []joint // terms that judge live requests together
}

// New returns the guard of the guardrails. The guard keeps them, so do not change them
// afterwards.
func New(r Guardrails) *Guard {
	g := &Guard{guardrails: r, deny: r.Deny}
	if r.Builtin {
		g.deny = slices.Concat(builtin(), r.Deny)
	}
	g.common, g.joint = commonOf(r.Allow), g.jointly()
	return g
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
	r := &g.guardrails
	n := Entries{Allow: len(r.Allow), Deny: len(r.Deny), Admins: len(r.Admins), Builtin: r.Builtin}
	if !r.Restricted {
		n.Allow = -1
	}
	return n
}

// Limits returns the guard's limits.
func (g *Guard) Limits() Limits {
	if g == nil {
		return Limits{}
	}
	return g.guardrails.Limits
}

// Candidate is a request that a guard judges.
type Candidate struct {
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
func (g *Guard) Check(a Candidate) (faults claim.Faults, needs bool) {
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
