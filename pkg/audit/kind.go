package audit

// Kind is what sort of difference a drift is.
type Kind string

// The kinds. The order in which a rule is tried against them is that of
// docs/audit.md.
const (
	Missing            Kind = "missing"                 // a live request, and no rule admits any of it
	NarrowedSource     Kind = "narrowed-source"         // admitted for some of the addresses that were asked
	NarrowedPorts      Kind = "narrowed-ports"          // admitted for some of the ports that were asked
	FamilyGap          Kind = "family-gap"              // open over one address family, and asked over both
	PeerKindSwap       Kind = "peer-kind-swap"          // a CIDR was asked, a group or prefix list is there, or the reverse
	Modified           Kind = "modified"                // a rule of ours, by id, that is another rule now
	Metadata           Kind = "metadata"                // a rule of ours with other tags or another description
	ExpiredPresent     Kind = "expired-present"         // past its expiry, and still open
	Orphan             Kind = "orphan"                  // ours, and every launch that asked has ended or was refused
	LedgerGone         Kind = "ledger-gone"             // ours by its tags, and no request on record asked for it
	HeldByQuota        Kind = "held-by-quota"           // ours, replaced, and kept since its replacement does not fit
	AllTrafficWorld    Kind = "all-traffic-world"       // every protocol and port, from everywhere
	WorldOpenSensitive Kind = "world-open-sensitive"    // a port that attackers look for, from everywhere
	WidenedSource      Kind = "widened-source"          // more addresses than were asked
	WidenedPorts       Kind = "widened-ports"           // more ports than were asked
	WidenedProtocol    Kind = "widened-protocol"        // more protocols than were asked
	Redundant          Kind = "redundant"               // other rules admit all that it admits
	Unexpected         Kind = "unexpected"              // nobody asked, and no exception explains it
	StaleReference     Kind = "stale-reference"         // refers to a group that is gone, or over a peering that is
	CrossAccount       Kind = "cross-account-reference" // refers to a group of another account
	PrefixListContents Kind = "prefix-list-contents"    // the list's entries changed under an unchanged rule
	QuotaPressure      Kind = "quota-pressure"          // 80 percent of the quota, or more
	Contested          Kind = "contested"               // made again and again, removed again and again
	GroupMissing       Kind = "group-missing"           // asked for, and not there
	GroupRecreated     Kind = "group-recreated"         // its name belongs to a new id
	ManagedTagLost     Kind = "managed-tag-lost"        // asked for, and no longer opted in
	LeaseStuck         Kind = "lease-stuck"             // held long past its end
	ExceptionExpired   Kind = "exception-expired"       // an exception that explained it has run out
	AgainstGuardrails  Kind = "against-guardrails"      // a live request that guardrails would refuse now
	HistoryLost        Kind = "history-lost"            // the table has forgotten launches whose rules exist
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
