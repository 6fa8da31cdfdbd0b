package audit

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Compare returns a group as the audit sees it, and its drifts, in order.
// Since is now in all of them; [Conclude] knows better.
//
// One difference is one drift. What is wanted and not there is tried first, and
// may take a rule that is there with it: the rule of ours that was modified, the
// rule of another kind of peer that stands in its place. Each rule that is left
// is of the first kind that fits: stale, modified, ours and not needed, then
// what it opens, then redundant, then unexpected. A rule that sgkeeper made is
// never explained by an exception.
//
// The order of entries, requests and changes but the last does not matter.
func Compare(f Facts, p Policy, now time.Time) (Group, []Drift) {
	c := newComparison(f, p, now)
	switch {
	case f.Unreadable != "":
		c.unknown()
	case !f.Found:
		c.gone()
	default:
		c.standing()
		c.wanted()
		c.present()
		c.lists()
		c.quota()
		c.tag()
		c.guarded()
	}
	c.lease()
	slices.SortFunc(c.drifts, Drift.Compare)
	return c.summary(), c.drifts
}

// comparison is the state of one Compare.
type comparison struct {
	Facts
	policy  Policy
	now     time.Time
	live    []claim.Request            // in the order received
	past    []claim.Request            // no longer open, or past their expiry
	asking  map[secgroup.Rule][]asking // of live and past, by their rules without owners
	desired secgroup.Set               // what the live ones ask
	rules   []present                  // in the order of their rules
	diff    secgroup.Diff              // between desired and rules
	owned   func(secgroup.Entry) bool  // ours by tags, or by the ids of rules without

	asks      *secgroup.Cover // of desired
	explained *secgroup.Cover // of desired and of what exceptions explain
	excused   exempt
	replaced  map[secgroup.Rule]bool // present rules that a wanted one's drift has named
	serving   map[secgroup.Rule]bool // present rules that serve what was asked otherwise
	heldIDs   map[string]bool
	excepted  int
	drifts    []Drift
}

// present is a rule that must be taken to stand.
type present struct {
	secgroup.Entry
	// assumed: made lately, and not described yet.
	assumed bool
	ours    bool
}

func newComparison(f Facts, p Policy, now time.Time) *comparison {
	c := &comparison{Facts: f, policy: p, now: now, replaced: make(map[secgroup.Rule]bool), serving: make(map[secgroup.Rule]bool)}
	c.owned = plan.Ownership(plan.Installation(p.Installation), f.Ledger.Untagged)
	for _, r := range claim.InOrder(f.Requests) {
		if r.Status == claim.Open && !c.overdue(r) {
			c.live = append(c.live, r)
		} else {
			c.past = append(c.past, r)
		}
	}
	var rules []secgroup.Rule
	for _, r := range c.live {
		for _, e := range r.Rules {
			rules = append(rules, c.in(e.Rule))
		}
	}
	c.desired = secgroup.SetOf(rules...)
	c.index()
	return c
}

// in is a rule as EC2 reads it back in this group.
func (c *comparison) in(r secgroup.Rule) secgroup.Rule {
	return r.In(c.Group.Account, c.Group.ID)
}

// overdue reports whether a request is so long past its expiry that its rules
// should be gone.
func (c *comparison) overdue(r claim.Request) bool {
	return !r.ExpiresAt.IsZero() && c.now.Sub(r.ExpiresAt) >= Grace
}

// standing works out which rules stand: those described and those lately made
// which EC2 does not describe yet, without those that were lately revoked or
// are about to be.
func (c *comparison) standing() {
	going := c.going()
	known := make(map[string]bool, len(c.Entries))
	seen := make(map[secgroup.Rule]bool, len(c.Entries))
	c.rules = make([]present, 0, len(c.Entries))
	add := func(p present) {
		known[p.ID] = p.ID != ""
		if p.Rule = c.in(p.Rule); !seen[p.Rule] && !going[p.ID] {
			seen[p.Rule] = true
			c.rules = append(c.rules, p)
		}
	}
	entries := slices.SortedFunc(slices.Values(c.Entries), compareEntries)
	for _, e := range entries {
		add(present{Entry: e, ours: c.owns(e)})
	}
	for _, m := range c.Ledger.Standing(c.Entries, c.now) {
		if !known[m.ID] {
			add(present{Entry: secgroup.Entry{Rule: m.Rule, ID: m.ID}, assumed: true, ours: true})
		}
	}
	slices.SortFunc(c.rules, func(a, b present) int { return compareEntries(a.Entry, b.Entry) })
	actual := make([]secgroup.Rule, len(c.rules))
	for i := range c.rules {
		actual[i] = c.rules[i].Rule
	}
	c.diff = secgroup.Compare(c.desired, secgroup.SetOf(actual...))
}

// going returns the ids of rules that do not count: EC2 may describe a rule
// for a while after its revoke. A condemned one does while somebody holds the
// lease or is bound to.
func (c *comparison) going() map[string]bool {
	going := make(map[string]bool)
	for _, g := range claim.Recent(c.Ledger.Gone, c.now) {
		going[g.ID] = true
	}
	if c.busy() {
		for _, p := range c.Ledger.PendingRevokes {
			going[p.ID] = true
		}
	}
	delete(going, "")
	return going
}

// busy reports whether a round is under way or due at once.
func (c *comparison) busy() bool {
	return !c.stuck() && (c.Lease.Owner.Nonce != "" || c.Lease.Want > c.Lease.Applied)
}

// owns reports whether sgkeeper made an entry and it is still the same rule.
func (c *comparison) owns(e secgroup.Entry) bool {
	if c.owned(e) {
		return true
	}
	m, ok := c.made(e.ID)
	return ok && c.in(m.Rule).Matches(c.in(e.Rule))
}

// made returns what the ledger knows of a rule by its id.
func (c *comparison) made(id string) (claim.Made, bool) {
	i := slices.IndexFunc(c.Ledger.Made, func(m claim.Made) bool { return m.ID == id && id != "" })
	if i < 0 {
		return claim.Made{}, false
	}
	return c.Ledger.Made[i], true
}

// add files a drift.
func (c *comparison) add(d Drift) {
	d.Group, d.Since = c.Group, c.now
	if n := len(c.Changes); n > 0 {
		d.Changed = c.Changes[n-1]
	}
	d.ID = d.identity()
	c.drifts = append(c.drifts, d)
}
