package audit

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
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
// Which rules exist, which are ours and what becomes of them, the group's
// [group.State] says, which ensure asks too.
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

// comparison is one Compare under way.
type comparison struct {
	Facts
	policy  Policy
	now     time.Time
	state   group.State
	live    []claim.Request            // in the order received
	past    []claim.Request            // refused, expired or ended, or overdue
	asking  map[secgroup.Rule][]asking // of live and past, by their rules without owners
	desired secgroup.Set               // what the live ones ask
	rules   []present                  // the existing rules, in order
	diff    secgroup.Diff              // between desired and rules
	unsure  []secgroup.Rule            // in diff.Missing for new launches, which an assumed rule does not serve

	asks      *secgroup.Cover // of desired
	explained *secgroup.Cover // of desired and of what exceptions explain
	excused   exempt
	replaced  map[secgroup.Rule]bool // present rules that a wanted one's drift has named
	serving   map[secgroup.Rule]bool // present rules that serve what was asked otherwise
	fates     map[string]group.Fate  // by rule id, once asked for
	excepted  int
	drifts    []Drift
}

// present is a rule of the group as the state tells it.
type present struct {
	secgroup.Entry
	ours    bool
	assumed bool // made lately, and not described yet
	leaving bool // its revoke is pending, so it does not count as existing
}

func newComparison(f Facts, p Policy, now time.Time) *comparison {
	c := &comparison{Facts: f, policy: p, now: now, replaced: make(map[secgroup.Rule]bool), serving: make(map[secgroup.Rule]bool)}
	c.state = f.state(p, now)
	for _, r := range claim.InOrder(c.state.Requests) {
		if r.Status == claim.Open && !c.overdue(r) {
			c.live = append(c.live, r)
		} else {
			c.past = append(c.past, r)
		}
	}
	c.desired = claim.Fold(c.live).Rules
	c.index()
	return c
}

// state is the group as all of sgkeeper sees it.
func (f Facts) state(p Policy, now time.Time) group.State {
	s := group.State{
		Group: f.Group, Installation: plan.Installation(p.Installation), Quota: p.quota(), Caps: p.caps(),
		Requests: claim.Settle(f.Requests, f.Ends), Ends: f.Ends, Loaded: now,
		Head: f.Lease, Ledger: f.Ledger, Interrupted: group.Died(f.Lease, now),
	}
	for i, r := range s.Requests {
		s.Requests[i].Rules = f.in(r.Rules)
	}
	if !f.Found {
		return s.ObserveMissing(now)
	}
	return s.Observe(f.in(f.Entries), now)
}

// in returns rules as EC2 reads them back in this group.
func (f Facts) in(entries []secgroup.Entry) []secgroup.Entry {
	entries = slices.Clone(entries)
	for i, e := range entries {
		entries[i].Rule = e.Rule.In(f.Group.Account, f.Group.ID)
	}
	return entries
}

// in is a rule as EC2 reads it back in this group.
func (c *comparison) in(r secgroup.Rule) secgroup.Rule {
	return r.In(c.Group.Account, c.Group.ID)
}

// overdue reports whether a request is so long past its expiry that a sweep should have
// marked it as expired. Ensure serves it until then, so its rules exist and are ours to
// keep: that they do is the drift.
func (c *comparison) overdue(r claim.Request) bool {
	return r.Overdue(c.now) && c.now.Sub(r.ExpiresAt) >= Grace
}

// standing takes over the rules that exist, each once, and compares them with what is
// asked.
func (c *comparison) standing() {
	existing := c.state.Rules()
	c.rules = make([]present, len(existing))
	for i, r := range existing {
		c.rules[i] = present{Entry: r.Entry, ours: r.Ours, assumed: r.Assumed}
	}
	slices.SortFunc(c.rules, present.compare)
	c.rules = slices.CompactFunc(c.rules, func(a, b present) bool { return a.Rule == b.Rule })
	c.diff = secgroup.Compare(c.desired, secgroup.Rules(c.entries()))
	c.unsure = c.unproven()
	c.diff.Missing = slices.Collect(secgroup.SetOf(slices.Concat(c.diff.Missing, c.unsure)...).All())
}

// unproven returns the rules that new launches ask for and that only assumed rules
// allow. Those launches are not announced before EC2 has shown or confirmed the rule.
func (c *comparison) unproven() []secgroup.Rule {
	if !slices.ContainsFunc(c.rules, func(p present) bool { return p.assumed }) {
		return nil
	}
	var rules []secgroup.Rule
	for _, r := range c.live {
		for _, w := range c.state.Lacking(r) {
			if !slices.Contains(c.diff.Missing, w) {
				rules = append(rules, w)
			}
		}
	}
	return rules
}

// fate says what the next round does with a rule.
func (c *comparison) fate(p *present) group.Fate {
	if c.fates == nil {
		c.fates = c.state.Fates(c.state.Decide())
	}
	return c.fates[p.ID]
}

// busy reports whether a round is under way or due at once.
func (c *comparison) busy() bool {
	return !c.stuck() && (c.Lease.Owner.Nonce != "" || c.Lease.Want > c.Lease.Applied)
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
