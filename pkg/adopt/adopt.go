// Package adopt chooses which rules of a group may be made sgkeeper's own: those
// that a launcher once opened and nobody closed. It is pure. To own a rule means
// to revoke it when no launch asks for it, so each choice says what would then
// become of the rule. It asks the group's [group.State], with the rules as our own.
package adopt

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Choice is a rule that may be adopted, and what becomes of it then.
type Choice struct {
	Entry secgroup.Entry
	Fate  string
	// Goes: nobody asks for the rule, so it would be revoked.
	Goes bool
}

// Left is a rule that is meant and may not be adopted, and why.
type Left struct {
	Entry  secgroup.Entry
	Reason string
}

// Choose returns the rules of a group to adopt, and those that are left alone, in
// order. The ids name the rules that are meant. None means all that launchers open:
// ingress rules, but for those among the members of the group itself. An id that names
// no rule of the group is an error.
func Choose(s group.State, ids []string) (choices []Choice, left []Left, err error) {
	for _, id := range ids {
		if !slices.ContainsFunc(s.Described, func(e secgroup.Entry) bool { return e.ID == id }) {
			return nil, nil, fmt.Errorf("%s is no rule of %s", id, s.Group.ID)
		}
	}
	for _, l := range s.Leaving() {
		if slices.Contains(ids, l.ID) {
			left = append(left, Left{l.Entry, leaving(l)})
		}
	}
	for _, r := range s.Rules() {
		switch reason := reason(s, r); {
		case r.Assumed || !meant(s, r, ids):
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

// meant reports whether a rule is among those that are meant.
func meant(s group.State, r group.Rule, ids []string) bool {
	if len(ids) > 0 {
		return slices.Contains(ids, r.ID)
	}
	_, id, isGroup := r.Rule.Peer.Group()
	return r.Rule.Direction == secgroup.Ingress && !(isGroup && id == s.Group.ID) && !r.Ours
}

// leaving says why a rule cannot be adopted that EC2 describes, but that is to go.
func leaving(l group.Leaving) string {
	if l.Pending {
		return "its revoke is pending"
	}
	return "sgkeeper has just revoked it, and EC2 still describes it"
}

// reason says why a rule may never be adopted; "" if it may.
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

// foresee says what would become of each rule.
func foresee(s group.State, choices []Choice) {
	s = adopted(s, choices)
	fates := s.Fates(s.Decide())
	for i := range choices {
		c := &choices[i]
		switch fates[c.Entry.ID] {
		case group.Goes:
			c.Fate, c.Goes = "goes with the next look at the group: nobody asks for it", true
		case group.Later:
			c.Fate, c.Goes = "goes once what launches need of it has a rule of its own", true
		case group.Frozen:
			c.Fate, c.Goes = "goes once the group is thawed: nobody asks for it", true
		case group.Withheld:
			c.Fate, c.Goes = "goes once sgkeeper may revoke again, since the table has forgotten launches: nobody asks for it", true
		case group.Held:
			c.Fate = "stays, held by quota: there is no room for what would take its place"
		default:
			c.Fate = "stays while asked for by " + strings.Join(askers(s, c.Entry.Rule), ", ")
		}
	}
}

// adopted returns the state in which the chosen rules are ours.
func adopted(s group.State, choices []Choice) group.State {
	s.Ledger.Untagged = slices.Concat(s.Ledger.Untagged, Records(choices, s.Now))
	return s.Observe(s.Described, s.Now)
}

// Records returns the records that make the chosen rules ours.
func Records(choices []Choice, now time.Time) []claim.Untagged {
	records := make([]claim.Untagged, len(choices))
	for i, c := range choices {
		records[i] = plan.Untagged(c.Entry, now)
	}
	return records
}

// askers are the launches that ask for a rule.
func askers(s group.State, rule secgroup.Rule) (names []string) {
	for _, a := range group.AskersOf(rule, claim.InOrder(s.Live())) {
		if a.Exact && !slices.Contains(names, a.Request.Launch.Name) {
			names = append(names, a.Request.Launch.Name)
		}
	}
	return names
}
