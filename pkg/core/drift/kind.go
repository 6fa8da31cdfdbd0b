package drift

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
