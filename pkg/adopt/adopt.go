// Package adopt chooses the rules of a group that sgkeeper may adopt: rules that a launcher
// opened and did not close. sgkeeper revokes an adopted rule if no launch requests it. So each
// choice says what would happen to the rule. The package is pure. It asks the group's
// [group.State], with the chosen rules as sgkeeper's own.
package adopt

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Choice is a rule that sgkeeper may adopt, with its fate.
type Choice struct {
	Entry secgroup.Entry
	Fate  string
	// Goes: no launch requests the rule, so sgkeeper would revoke it.
	Goes bool
}

// Left is a selected rule that sgkeeper may not adopt, and the reason.
type Left struct {
	Entry  secgroup.Entry
	Reason string
}

// Choose returns a group's rules to adopt, and the selected rules that are left alone, in
// order. The ids select rules. Without ids, Choose selects all that launchers open: ingress
// rules, but not between members of the group itself. It fails if an id names no rule of the
// group.
func Choose(s group.State, ids []string) (choices []Choice, left []Left, err error) {
	for _, id := range ids {
		if !slices.ContainsFunc(s.Described, func(e secgroup.Entry) bool { return e.ID == id }) {
			return nil, nil, fmt.Errorf("%s is not a rule of %s", id, s.Group.ID)
		}
	}
	for _, l := range s.Leaving() {
		if slices.Contains(ids, l.ID) {
			left = append(left, Left{l.Entry, leaving(l)})
		}
	}
	for _, r := range s.Rules() {
		switch reason := reason(s, r); {
		case r.Assumed || !selected(s, r, ids):
		case reason != "":
			left = append(left, Left{r.Entry, reason})
		default:
			choices = append(choices, Choice{Entry: r.Entry})
		}
	}
	slices.SortFunc(choices, func(a, b Choice) int { return a.Entry.Rule.Compare(b.Entry.Rule) })
	slices.SortFunc(left, func(a, b Left) int { return a.Entry.Rule.Compare(b.Entry.Rule) })
	foresee(s, choices)
	return choices, left, nil
}

// selected reports whether the ids select a rule.
func selected(s group.State, r group.Rule, ids []string) bool {
	if len(ids) > 0 {
		return slices.Contains(ids, r.ID)
	}
	_, id, isGroup := r.Rule.Peer.Group()
	return r.Rule.Direction == secgroup.Ingress && !(isGroup && id == s.Group.ID) && !r.Ours
}

// leaving returns the reason not to adopt a rule that EC2 describes and sgkeeper revokes.
func leaving(l group.Leaving) string {
	if l.Pending {
		return "its revoke is pending"
	}
	return "sgkeeper has just revoked it, and EC2 still describes it"
}

// reason returns the reason why a rule may never be adopted; "" if it may.
func reason(s group.State, r group.Rule) string {
	other := r.Tags[plan.TagInstallation]
	switch {
	case r.Ours:
		return "it is sgkeeper's own already"
	case other != "" && other != string(s.Installation):
		return "it belongs to the installation " + other
	case r.Rule.Direction == secgroup.Egress && r.Rule.Protocol == secgroup.All && r.Rule.Peer.World():
		return "it is the egress rule that EC2 gives every group: without it, nothing could leave"
	}
	for key := range r.Tags {
		if strings.HasPrefix(key, "aws:") {
			return "an AWS service made it, by its tag " + key
		}
	}
	return ""
}

// foresee sets the fate of each rule.
func foresee(s group.State, choices []Choice) {
	s = adopted(s, choices)
	fates := s.Fates(s.Decide())
	for i := range choices {
		c := &choices[i]
		switch fates[c.Entry.ID] {
		case group.Goes:
			c.Fate, c.Goes = "is revoked in the next round of the group: no launch requests it", true
		case group.Later:
			c.Fate, c.Goes = "is revoked once the part that launches need has a rule of its own", true
		case group.Frozen:
			c.Fate, c.Goes = "is revoked once the group is thawed: no launch requests it", true
		case group.Withheld:
			c.Fate, c.Goes = "is revoked once sgkeeper may revoke again, because the table has forgotten launches: "+
				"no launch requests it", true
		case group.Held:
			c.Fate = "stays, held by quota: its replacement does not fit"
		default:
			c.Fate = "stays while requested by " + strings.Join(requesters(s, c.Entry.Rule), ", ")
		}
	}
}

// adopted returns the state in which the chosen rules are sgkeeper's.
func adopted(s group.State, choices []Choice) group.State {
	s.Ledger.Untagged = slices.Concat(s.Ledger.Untagged, Records(choices, s.Now))
	return s.Observe(s.Described, s.Now)
}

// Records returns the records that make the chosen rules sgkeeper's.
func Records(choices []Choice, now time.Time) []claim.Untagged {
	records := make([]claim.Untagged, len(choices))
	for i, c := range choices {
		records[i] = plan.Untagged(c.Entry, now)
	}
	return records
}

// requesters are the launches that request a rule.
func requesters(s group.State, rule secgroup.Rule) (names []string) {
	for _, a := range group.RequestsFor(rule, claim.InOrder(s.Live())) {
		if a.Exact && !slices.Contains(names, a.Request.Launch.Name) {
			names = append(names, a.Request.Launch.Name)
		}
	}
	return names
}
