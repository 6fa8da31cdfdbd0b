package drift

import "strings"

// Kind is the kind of a drift.
type Kind string

// The kinds. docs/audit.md gives the order in which they are tried on a rule.
const (
	Missing            Kind = "missing"                 // live request, and no part of it is open
	NarrowedSource     Kind = "narrowed-source"         // open for some of the requested addresses
	NarrowedPorts      Kind = "narrowed-ports"          // open for some of the requested ports
	FamilyGap          Kind = "family-gap"              // open for one address family, requested for both
	PeerKindSwap       Kind = "peer-kind-swap"          // CIDR requested, group or prefix list exists, or the reverse
	Modified           Kind = "modified"                // our rule, by id, that is another rule now
	Metadata           Kind = "metadata"                // our rule with other tags or another description
	ExpiredPresent     Kind = "expired-present"         // expired, and still open
	Orphan             Kind = "orphan"                  // ours, and all its launches have ended or were refused
	LedgerGone         Kind = "ledger-gone"             // ours by its tags, without a request on record
	HeldByQuota        Kind = "held-by-quota"           // ours and replaced, but the replacement does not fit
	AllTrafficWorld    Kind = "all-traffic-world"       // every protocol and port, open to the world
	WorldOpenSensitive Kind = "world-open-sensitive"    // sensitive port, open to the world
	WidenedSource      Kind = "widened-source"          // more addresses than requested
	WidenedPorts       Kind = "widened-ports"           // more ports than requested
	WidenedProtocol    Kind = "widened-protocol"        // more protocols than requested
	Redundant          Kind = "redundant"               // other rules allow all its traffic
	Unexpected         Kind = "unexpected"              // no request, and no exception
	StaleReference     Kind = "stale-reference"         // refers to a deleted group, or over a deleted peering
	CrossAccount       Kind = "cross-account-reference" // refers to a group of another account
	PrefixListContents Kind = "prefix-list-contents"    // the list's entries changed, and the rule did not
	QuotaPressure      Kind = "quota-pressure"          // 80 percent of the quota, or more
	Contested          Kind = "contested"               // made and removed three times within an hour
	GroupMissing       Kind = "group-missing"           // requested, and not found
	GroupRecreated     Kind = "group-recreated"         // another group has its name
	ManagedTagLost     Kind = "managed-tag-lost"        // requested, and no longer opted in
	LeaseStuck         Kind = "lease-stuck"             // held long after it expired
	ExceptionExpired   Kind = "exception-expired"       // the exception that explained it has expired
	AgainstGuardrails  Kind = "against-guardrails"      // live request that the guardrails would refuse now
	HistoryLost        Kind = "history-lost"            // a rule of ours is newer than the table's history
	Unknown            Kind = "unknown"                 // could not be read
)

// Kinds returns every kind.
func Kinds() []Kind {
	return []Kind{
		Missing, NarrowedSource, NarrowedPorts, FamilyGap, PeerKindSwap,
		Modified, Metadata, ExpiredPresent, Orphan, LedgerGone, HeldByQuota,
		AllTrafficWorld, WorldOpenSensitive, WidenedSource, WidenedPorts, WidenedProtocol,
		Redundant, Unexpected, StaleReference, CrossAccount, PrefixListContents,
		QuotaPressure, Contested, GroupMissing, GroupRecreated, ManagedTagLost,
		LeaseStuck, ExceptionExpired, AgainstGuardrails, HistoryLost, Unknown,
	}
}

// Input is a thing beside a group, its rules and its requests that the verdict on a drift can need:
// one of the constants, or the id of a prefix list.
type Input string

// The inputs. If an audit cannot read one, the value of the last audit that did read it applies.
const (
	Exceptions Input = "exceptions"
	Guardrails Input = "guardrails"
	Stale      Input = "stale-references"
	// Interfaces change only the severity of drifts, so no kind needs them.
	Interfaces Input = "interfaces"

	// anyList stands for each prefix list that the group names.
	anyList Input = "prefix-lists"
	// ownList stands for the prefix list that the drift is about.
	ownList Input = "prefix-list"
)

var (
	byRules      = []Input{}
	byRevokes    = []Input{Guardrails, anyList} // whether the next round revokes a rule
	byTraffic    = []Input{Exceptions, Stale, anyList}
	byStale      = []Input{Stale}
	byGuardrails = []Input{Guardrails, anyList}
)

// needs is the one table of the inputs that the verdict on a drift of each kind needs, beside the
// group, its rules and its requests. If one of them was not read, a drift that was found is not
// verified, and a drift that was not found is not closed.
var needs = map[Kind][]Input{
	Missing:            byRules,
	NarrowedSource:     byRules,
	NarrowedPorts:      byRules,
	FamilyGap:          byRules,
	PeerKindSwap:       byTraffic,
	Modified:           byRules,
	Metadata:           byStale,
	ExpiredPresent:     byRevokes,
	Orphan:             byRevokes,
	LedgerGone:         byRevokes,
	HeldByQuota:        byRevokes,
	AllTrafficWorld:    byTraffic,
	WorldOpenSensitive: byTraffic,
	WidenedSource:      byTraffic,
	WidenedPorts:       byTraffic,
	WidenedProtocol:    byTraffic,
	Redundant:          byTraffic,
	Unexpected:         byTraffic,
	StaleReference:     byStale,
	CrossAccount:       byTraffic,
	PrefixListContents: {ownList},
	QuotaPressure:      byRules,
	Contested:          byRules,
	GroupMissing:       byRules,
	GroupRecreated:     byRules,
	ManagedTagLost:     byRules,
	LeaseStuck:         byRules,
	ExceptionExpired:   byTraffic,
	AgainstGuardrails:  byGuardrails,
	HistoryLost:        byRules,
	Unknown:            byRules,
}

// needs reports whether the verdict on the drift needs an input. EC2 calls only references to
// groups stale. Prefix lists decide which traffic is open to the world, so they do not matter for
// a reference to a group.
func (d *Drift) needs(in Input) bool {
	_, _, group := d.Rule.Rule.Peer.Group()
	for _, n := range needs[d.Kind] {
		switch n {
		case in:
			return in != Stale || group
		case anyList:
			if strings.HasPrefix(string(in), "pl-") && !group {
				return true
			}
		case ownList:
			if in == Input(d.Subject) {
				return true
			}
		}
	}
	return false
}

// unsure reports whether the verdict needs one of the inputs.
func (d *Drift) unsure(unread []Input) bool {
	for _, in := range unread {
		if d.needs(in) {
			return true
		}
	}
	return false
}
