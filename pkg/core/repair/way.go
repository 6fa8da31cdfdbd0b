package repair

import "github.com/sgkeeper/sgkeeper/pkg/core/drift"

// way is how a drift of one kind is mended.
type way int

const (
	byHand   way = iota // by no call to EC2: the drift's remedy says how
	restore             // authorize the requested rule
	exchange            // authorize the requested rule, and revoke the rule in its place
	narrow              // revoke the foreign rule, and keep its explained part
	remove              // revoke a rule that nothing needs
	remark              // give the rule its tags or its description
	optIn               // give the group the managed tag
)

// ways is the one table of ways. A kind that is absent is mended by hand.
var ways = map[drift.Kind]way{
	drift.Missing: restore, drift.NarrowedSource: restore, drift.NarrowedPorts: restore, drift.FamilyGap: restore,
	drift.PeerKindSwap: exchange, drift.Modified: exchange,
	drift.AllTrafficWorld: narrow, drift.WorldOpenSensitive: narrow, drift.WidenedSource: narrow,
	drift.WidenedPorts: narrow, drift.WidenedProtocol: narrow, drift.Unexpected: narrow, drift.CrossAccount: narrow,
	drift.ExceptionExpired: narrow,
	drift.ExpiredPresent:   remove, drift.Orphan: remove, drift.LedgerGone: remove, drift.Redundant: remove,
	drift.StaleReference: remove,
	drift.Metadata:       remark,
	drift.ManagedTagLost: optIn,
}

// ours are the kinds of drifts about rules that sgkeeper made. No exception explains such a rule.
var ours = map[drift.Kind]bool{
	drift.Orphan: true, drift.ExpiredPresent: true, drift.LedgerGone: true, drift.Metadata: true,
}

// Mends reports whether calls to EC2 can mend a drift of that kind.
func Mends(k drift.Kind) bool { return ways[k] != byHand }
