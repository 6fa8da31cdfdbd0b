package drift

import (
	"cmp"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Compare returns a group's summary and its drifts, in order. Their Since is now; [Conclude]
// takes over earlier times.
//
// One difference is one drift. First come missing rules. Such a drift may also name an existing
// rule: the one that was modified, or one with another kind of peer in its place. Each other
// existing rule gets the first kind that fits: ours but changed, ours but not desired, stale,
// too open, redundant, unexpected. An exception never explains a rule that sgkeeper made.
//
// [group.State], which ensure uses too, says which rules exist, which are ours, and which of
// them the next round revokes.
//
// The order of entries and requests does not matter. Of several changes that can have caused a
// drift, the last is its cause ([Drift.Cause]).
func Compare(f Facts, p Policy, now time.Time) (Group, []Drift) {
	c := newComparison(f, p, now)
	switch {
	case f.Unreadable != "":
		c.unknown()
	case !f.Found:
		c.groupMissing()
	default:
		c.observe()
		c.missing()
		c.existing()
		c.lists()
		c.quota()
		c.tag()
		c.guarded()
	}
	c.lease()
	c.history()
	slices.SortFunc(c.drifts, Drift.Compare)
	return c.summary(), c.drifts
}

// comparison is one call of Compare.
type comparison struct {
	Facts
	policy      Policy
	prefixLists map[string]guard.List // as the guardrails judge them
	now         time.Time
	state       group.State
	live        []claim.Request                   // in the order received
	past        []claim.Request                   // refused, expired, ended or overdue
	requested   map[secgroup.Rule][]requestedRule // of live and past, by their rules without owners
	desired     secgroup.Set                      // the union of the live requests
	rules       []existing                        // the existing rules, in order
	diff        secgroup.Diff                     // between desired and rules
	unsure      []secgroup.Rule                   // in diff.Missing because only an assumed rule serves a new launch

	coverDesired   *secgroup.Cover // of desired
	coverExplained *secgroup.Cover // of desired and of unexpired exceptions
	coverDeclared  *secgroup.Cover // of declarations
	exceptions     groupExceptions
	replaced       map[secgroup.Rule]bool // existing rules that the drift of a missing rule has named
	serving        map[secgroup.Rule]bool // existing rules that serve a desired rule other than themselves
	fates          map[string]group.Fate  // by rule id; nil until needed
	opens          *exposures             // nil until needed
	excepted       int
	drifts         []Drift
}

// existing is an existing rule.
type existing struct {
	secgroup.Entry
	ours    bool
	assumed bool // recently made, and not described yet
	leaving bool // its revoke is pending, so it does not count as existing
}

// compare orders rules. Of two rules with one identity, the described one comes before the
// assumed one.
func (p existing) compare(q existing) int {
	assumed := 0
	switch {
	case p.assumed && !q.assumed:
		assumed = 1
	case q.assumed && !p.assumed:
		assumed = -1
	}
	return cmp.Or(p.Rule.Compare(q.Rule), assumed, cmp.Compare(p.ID, q.ID))
}

func newComparison(f Facts, p Policy, now time.Time) *comparison {
	c := &comparison{
		Facts: f, policy: p, prefixLists: f.guardLists(), now: now,
		replaced: make(map[secgroup.Rule]bool), serving: make(map[secgroup.Rule]bool),
	}
	c.state = f.state(p, now)
	for _, r := range claim.InOrder(c.state.Requests) {
		if IsLive(r, now) {
			c.live = append(c.live, r)
		} else {
			c.past = append(c.past, r)
		}
	}
	c.desired = claim.Fold(c.live).Rules
	c.index()
	return c
}

// state returns the group's state, built as ensure builds it.
func (f Facts) state(p Policy, now time.Time) group.State {
	s := group.State{
		Group: f.Group, Installation: plan.Installation(p.Installation), Offline: p.Offline,
		Quota: f.quota(p), Caps: p.caps(), Judge: f.judge(p),
		Requests: claim.ApplyEnds(f.Requests, f.Ends), Ends: f.Ends, Loaded: now,
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

// in resolves self to this group in the rules, as EC2 does.
func (f Facts) in(entries []secgroup.Entry) []secgroup.Entry {
	entries = slices.Clone(entries)
	for i, e := range entries {
		entries[i].Rule = e.Rule.In(f.Group.Account, f.Group.ID)
	}
	return entries
}

// in resolves self in a rule to this group, as EC2 does.
func (c *comparison) in(r secgroup.Rule) secgroup.Rule {
	return r.In(c.Group.Account, c.Group.ID)
}

// IsLive reports whether the audit counts a request as live. It does not if the request expired so
// long ago that a sweep should have marked it. Until then ensure serves it, so its rules exist and
// are ours. Their existence is the drift.
func IsLive(r claim.Request, now time.Time) bool {
	return r.Status == claim.Open && (!r.Overdue(now) || now.Sub(r.ExpiresAt) < Grace)
}

// observe takes the existing rules, each once, and compares them with the desired rules.
func (c *comparison) observe() {
	for _, r := range c.state.Rules() {
		c.rules = append(c.rules, existing{Entry: r.Entry, ours: r.Ours, assumed: r.Assumed})
	}
	slices.SortFunc(c.rules, existing.compare)
	c.rules = slices.CompactFunc(c.rules, func(a, b existing) bool { return a.Rule == b.Rule })
	c.diff = secgroup.Compare(c.desired, secgroup.Rules(c.entries()))
	c.unsure = c.unproven()
	c.diff.Missing = slices.Collect(secgroup.SetOf(slices.Concat(c.diff.Missing, c.unsure)...).All())
}

// entries returns the existing rules, in order.
func (c *comparison) entries() []secgroup.Entry {
	entries := make([]secgroup.Entry, len(c.rules))
	for i := range c.rules {
		entries[i] = c.rules[i].Entry
	}
	return entries
}

// unproven returns the rules that new launches request and only assumed rules allow. Ensure
// does not announce those launches before EC2 has shown or confirmed the rule.
func (c *comparison) unproven() []secgroup.Rule {
	if !slices.ContainsFunc(c.rules, func(p existing) bool { return p.assumed }) {
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

// fate returns the next round's decision on a rule.
func (c *comparison) fate(p *existing) group.Fate {
	if c.fates == nil {
		c.fates = c.state.Fates(c.state.Decide())
	}
	return c.fates[p.ID]
}

// busy reports whether a round is under way, or due at once.
func (c *comparison) busy() bool {
	return !c.stuck() && (c.Lease.Owner.Nonce != "" || c.Lease.Want > c.Lease.Applied)
}

// made returns the ledger's entry for a rule's id.
func (c *comparison) made(id string) (claim.Made, bool) {
	i := slices.IndexFunc(c.Ledger.Made, func(m claim.Made) bool { return m.ID == id && id != "" })
	if i < 0 {
		return claim.Made{}, false
	}
	return c.Ledger.Made[i], true
}

// add files a drift, with its severity.
func (c *comparison) add(d Drift) {
	d.Group, d.Since = c.Group, c.now
	d.Severity, d.ID = c.severity(d), d.identity()
	d.Changed = d.Cause(c.Changes, c.Ledger)
	c.drifts = append(c.drifts, d)
}
