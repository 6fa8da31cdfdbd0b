package repair

import (
	"fmt"
	"regexp"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

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

// shortID is the number of characters of a drift's id that name it in a command: 48 bits. Two of
// 10,000 drifts have the same with odds of 1 in 5 million.
const shortID = 12

// ShortID returns the start of a drift's id, which names the drift in a command.
func ShortID(d *drift.Drift) string { return d.ID[:min(shortID, len(d.ID))] }

// plain matches words that a shell takes as they are.
var plain = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/-]*$`)

// Command returns the shell command that mends some drifts of one kind in one group. It is "" if no
// call to EC2 mends them, or if the report names no table. It contains no text of others: only ids, a
// kind, and the names of the table and of its Region.
func Command(r *drift.Report, drifts ...*drift.Drift) string {
	d := drifts[0]
	if !Mends(d.Kind) || !plain.MatchString(r.Table) || !secgroup.IsGroupID(d.Group.ID) || !plain.MatchString(d.ID) {
		return ""
	}
	which := "--kind " + string(d.Kind)
	if len(drifts) == 1 {
		which = "--drift " + ShortID(d)
	}
	command := fmt.Sprintf("sgkeeper mend --table %s --group %s %s", r.Table, d.Group.ID, which)
	if r.Places() == 1 {
		return command
	}
	if !secgroup.IsAccount(d.Group.Account) || !plain.MatchString(d.Group.Region) {
		return ""
	}
	return command + fmt.Sprintf(" --account %s --region %s", d.Group.Account, d.Group.Region)
}
