package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
)

// needless files the drift of a rule of ours that no live request asks for.
func (c *comparison) needless(p *present) {
	d := Drift{Rule: p.Entry, Asked: c.askersOf(p.Rule, c.past), Gap: c.explainedCover().Gaps(p.Rule)}
	last, ended := latest(d.Asked)
	d.Remedy = "sgkeeper revokes it by itself at the next sweep"
	if c.Ledger.Frozen != "" {
		d.Remedy = fmt.Sprintf("the group is frozen (%s): run `sgkeeper thaw --group %s`, and sgkeeper revokes it", quote(c.Ledger.Frozen), c.Group.ID)
	}
	switch {
	case ended && c.now.Sub(last.Until) < Grace:
		return // it is about to go
	case p.assumed && !ended:
		return // its request may have been read before it
	case c.held(p):
		d.Kind, d.Severity = HeldByQuota, Low
		d.Detail = fmt.Sprintf("%s is sgkeeper's, and what takes its place does not fit the group's quota, so it stays.", name(p.Entry))
		d.Remedy = "end launches that no longer need their rules, or raise the quota; sgkeeper then replaces it by itself"
	case !ended:
		d.Kind = LedgerGone
		c.rate(&d, Medium)
		d.Detail = fmt.Sprintf("%s was made by this installation of sgkeeper, and no request on record asked for it.", name(p.Entry))
	case last.Status == claim.Expired || last.Status == claim.Open:
		d.Kind = ExpiredPresent
		c.rate(&d, High)
		d.Detail = fmt.Sprintf("%s was asked by %s until %s, and is still open.", name(p.Entry), launches(d.Asked), last.Until.UTC().Format("2006-01-02 15:04 MST"))
	default:
		d.Kind = Orphan
		c.rate(&d, Medium)
		d.Detail = fmt.Sprintf("%s is sgkeeper's, and every launch that asked for it has ended: %s.", name(p.Entry), launches(d.Asked))
	}
	c.add(d)
}

// latest returns the asker who asked the longest.
func latest(asked []Asker) (last Asker, ok bool) {
	for i, a := range asked {
		if i == 0 || a.Until.After(last.Until) {
			last, ok = a, true
		}
	}
	return last, ok
}

// held reports whether ensure would keep a rule of ours that is to go. It asks
// ensure's own plan, and only where there is something to replace.
func (c *comparison) held(p *present) bool {
	if c.heldIDs == nil {
		c.heldIDs = make(map[string]bool)
		for _, e := range plan.Make(c.planned()).Held {
			c.heldIDs[e.ID] = true
		}
	}
	return c.heldIDs[p.ID]
}

func (c *comparison) planned() plan.Input {
	return plan.Input{
		Entries:  c.entries(),
		Requests: c.live,
		Served:   c.Ledger.Served,
		Ours:     c.owned,
		Quota:    c.policy.quota(),
	}
}

// spoken reports whether the description of a rule of ours is one that sgkeeper
// wrote: for a launch on record, or for one that no longer is.
func (c *comparison) spoken(p *present) bool {
	text, ours := strings.CutPrefix(p.Description, "sgkeeper ")
	if !ours {
		return false
	}
	launch, _, _ := strings.Cut(text, ": ")
	for _, a := range c.asking[p.Rule.WithoutOwner()] {
		if a.rule.Matches(p.Rule) && claim.Describe(a.request.Launch.Name, a.description) == p.Description {
			return true
		}
	}
	return !c.onRecord(launch, text)
}

// onRecord reports whether the launch that a description names asked anything:
// one whose name begins with what is there, where the description was cut.
func (c *comparison) onRecord(launch, text string) bool {
	return slices.ContainsFunc(c.Requests, func(r claim.Request) bool {
		return r.Launch.Name == launch && strings.HasPrefix(text, r.Launch.Name)
	})
}
