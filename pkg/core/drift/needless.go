package drift

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
)

// needless files the drift of our rule that no live request contains.
func (c *comparison) needless(p *existing) {
	d := Drift{Rule: p.Entry, Requests: c.requestsFor(p.Rule, c.past), Gap: c.explainedCover().Gaps(p.Rule)}
	served := slices.DeleteFunc(slices.Clone(d.Requests), func(r Request) bool { return r.Status == claim.Refused })
	last, ended := latest(d.Requests)
	fate := c.fate(p)
	d.Remedy = c.closing(p, fate, len(served) == 0 && ended)
	switch {
	case ended && c.now.Sub(last.Until) < Grace:
		return // a round will revoke it soon
	case p.assumed && !ended:
		return // its request may be newer than the audit's reading of the table
	case fate == group.Held:
		d.Kind = HeldByQuota
		d.Detail = fmt.Sprintf("%s is sgkeeper's. Its replacement does not fit the group's quota, "+
			"so sgkeeper keeps the rule.", name(p.Entry))
	case !ended:
		d.Kind = LedgerGone
		d.Detail = fmt.Sprintf("%s was made by this installation of sgkeeper, and no request on record has this rule.",
			name(p.Entry))
	case len(served) == 0:
		d.Kind = Orphan
		d.Detail = fmt.Sprintf("%s is sgkeeper's, and every request for it was refused: %s.",
			name(p.Entry), launches(d.Requests))
	default:
		c.outlived(&d, served)
	}
	if p.leaving {
		d.Detail += " Its revoke is recorded, and EC2 still describes the rule."
	}
	c.add(d)
}

// outlived sets the kind and the detail of d. All requests that the rule served are over.
// Others may have been refused.
func (c *comparison) outlived(d *Drift, served []Request) {
	last, _ := latest(served)
	if last.Status == claim.Expired || last.Status == claim.Open {
		d.Kind = ExpiredPresent
		d.Detail = fmt.Sprintf("%s was requested by %s until %s, and is still open.",
			name(d.Rule), launches(served), moment(last.Until))
		return
	}
	d.Kind = Orphan
	ended := "has ended"
	if len(served) < len(d.Requests) {
		ended = "has ended or was refused"
	}
	d.Detail = fmt.Sprintf("%s is sgkeeper's, and every launch that requested it %s: %s.",
		name(d.Rule), ended, launches(d.Requests))
}

// closing returns the remedy for our rule that no launch needs. Ends and expiries make the
// group due for the next sweep. A refusal does not change the group's due time.
func (c *comparison) closing(p *existing, fate group.Fate, refused bool) string {
	switch {
	case fate == group.Held:
		return "end launches that no longer need their rules, or raise the quota; sgkeeper then replaces it"
	case c.state.HistoryLost():
		return fmt.Sprintf("the table lacks launches that it had: read the drift history-lost, "+
			"then run `sgkeeper resume --group %s`", c.Group.ID)
	case c.Ledger.Frozen.Holds():
		return fmt.Sprintf("the group is frozen (%s): run `sgkeeper thaw --group %s`, and sgkeeper revokes it",
			quote(c.Ledger.Frozen.String()), c.Group.ID)
	case fate == group.Later:
		return "sgkeeper revokes it once the rule that replaces it is in effect"
	case refused && !p.leaving && !c.busy() && c.Ledger.Due.After(c.now):
		return fmt.Sprintf("sgkeeper revokes it in the group's next round, which is due at %s", moment(c.Ledger.Due))
	case refused:
		return "sgkeeper revokes it in the group's next round"
	}
	return "sgkeeper revokes it at the next sweep"
}

// latest returns the request with the latest end.
func latest(requests []Request) (last Request, ok bool) {
	for i, r := range requests {
		if i == 0 || r.Until.After(last.Until) {
			last, ok = r, true
		}
	}
	return last, ok
}

// wroteDescription reports whether sgkeeper wrote the description of our rule: for a launch on
// record, or for one that is no longer on record.
func (c *comparison) wroteDescription(p *existing) bool {
	description := c.state.Owner().Unsigned(p.Entry)
	text, ours := strings.CutPrefix(description, "sgkeeper ")
	if !ours {
		return false
	}
	launch, _, _ := strings.Cut(text, ": ")
	for _, q := range c.requested[p.Rule.WithoutOwner()] {
		if q.rule.Matches(p.Rule) && claim.Describe(q.request.Launch.Name, q.description) == description {
			return true
		}
	}
	onRecord := func(r claim.Request) bool { return r.Launch.Name == launch }
	return !slices.ContainsFunc(c.Requests, onRecord)
}
