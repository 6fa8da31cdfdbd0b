package group_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/preview"
)

// offlineToo and adoptToo select the worlds for plan and adopt, because each takes a while.
func (w world) offlineToo() bool { return w.seed%8 == 0 }
func (w world) adoptToo() bool   { return w.seed%4 == 1 }

// offline returns the state of the same group from files, without a head and a ledger. A sweep
// has expired the overdue requests, and the existing rules are served.
func (w world) offline() group.State {
	s := group.State{Group: web, Installation: w.owner, Offline: true, Quota: w.quota, Caps: w.caps, Loaded: noon}
	if w.guarded {
		s.Judge = judge
	}
	for _, r := range claim.ApplyEnds(w.requests, w.ends) {
		if r.Overdue(noon) {
			r.Status = claim.Expired
		}
		s.Requests = append(s.Requests, r)
	}
	cover := secgroup.NewCover(secgroup.Rules(w.described))
	served := slices.DeleteFunc(s.Live(), func(r claim.Request) bool {
		return slices.ContainsFunc(r.Rules, func(e secgroup.Entry) bool { return !cover.Covers(e.Rule) })
	})
	s.Ledger.Served = claim.Served{}.After(time.Time{}, served)
	return s.Observe(unsigned(w.described), noon)
}

// unsigned returns entries without descriptions, because offline only tags prove the owner of
// a rule.
func unsigned(entries []secgroup.Entry) []secgroup.Entry {
	entries = slices.Clone(entries)
	for i := range entries {
		entries[i].Description = ""
	}
	return entries
}

// byPlan returns the verdicts in the output of `sgkeeper plan` for the group.
func byPlan(w world, _ verdicts) verdicts {
	if !w.offlineToo() {
		return nil
	}
	in := preview.Offline{
		Groups: []secgroup.Snapshot{{ID: web.ID, Owner: web.Account, Entries: unsigned(w.described), HasRuleIDs: true}},
		At:     noon, Claims: claim.ApplyEnds(w.requests, w.ends), Owner: w.owner, Quota: w.quota, Caps: w.caps,
	}
	if w.guarded {
		in.Judge = func(secgroup.Snapshot) plan.Judge { return judge() }
	}
	preview := in.Make()
	if len(preview.Groups) == 0 {
		return nil // no live request
	}
	return verdicts{"offline": written(group.Decision{Plan: preview.Groups[0].Plan})}
}

// written returns the writes of a decision.
func written(d group.Decision) string {
	name := func(entries []secgroup.Entry) (names []string) {
		for _, e := range entries {
			names = append(names, e.ID+" "+text(e.Rule))
		}
		return names
	}
	return fmt.Sprintf("authorize %q, revoke %q, later %q, held %q, refused %d, waiting %d",
		name(d.Authorize), name(d.Revoke), name(d.Later), name(d.Held), len(d.Refused), len(d.Waiting))
}
