package explain

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Whose says who made a rule.
type Whose string

const (
	Ours     Whose = "sgkeeper" // this installation, and nobody has modified it since
	Modified Whose = "sgkeeper, modified since"
	Anothers Whose = "another installation"
	Someones Whose = "an installation" // which one is ours is not known
	Foreign  Whose = "others"          // who, EC2 does not tell
)

// Rule is one that admits some of what a question is about.
type Rule struct {
	Entry secgroup.Entry
	Whose Whose
	// Depends: the rule admits the traffic only if the addresses asked about are
	// those of a member of its group, or in its prefix list.
	Depends bool
	// Launches are the names of those that ask for exactly this rule, in the
	// order in which they asked.
	Launches []string
	Since    time.Time // when the first of them asked
	Until    time.Time // when the last of them expires; zero: with the end of a launch
	Note     string    // why a rule of ours stands that nobody asks for
}

// rules returns the rules that a question is about.
func (g Group) rules(q Question, claims []Claim) (rules []Rule) {
	next := g.plan()
	ours := plan.Ownership(g.Owner, g.Ledger.Untagged)
	for _, e := range g.Entries {
		r := Rule{Entry: e, Whose: g.whose(e, ours), Depends: q.depends(e.Rule)}
		if !r.Depends && !q.touches(e.Rule) {
			continue
		}
		r.asked(claims)
		if r.Whose == Ours && len(r.Launches) == 0 {
			r.Note = leftover(e, next)
		}
		rules = append(rules, r)
	}
	slices.SortStableFunc(rules, func(r, s Rule) int { return r.Entry.Rule.Compare(s.Entry.Rule) })
	return rules
}

func (g Group) whose(e secgroup.Entry, ours func(secgroup.Entry) bool) Whose {
	switch {
	case ours(e):
		return Ours
	case g.Owner != "" && e.Tags[plan.TagInstallation] == string(g.Owner):
		return Modified
	case e.Tags[plan.TagInstallation] == "":
		return Foreign
	case g.Owner == "":
		return Someones
	}
	return Anothers
}

// asked notes who asks for the rule.
func (r *Rule) asked(claims []Claim) {
	endless := false
	for _, c := range claims {
		if c.Request.Status != claim.Open || !c.Rule.Rule.Matches(r.Entry.Rule) {
			continue
		}
		if len(r.Launches) == 0 {
			r.Since = c.Request.Received
		}
		if !slices.Contains(r.Launches, c.Request.Launch.Name) {
			r.Launches = append(r.Launches, c.Request.Launch.Name)
		}
		endless = endless || c.Request.ExpiresAt.IsZero()
		if c.Request.ExpiresAt.After(r.Until) {
			r.Until = c.Request.ExpiresAt
		}
	}
	if endless {
		r.Until = time.Time{}
	}
}

// leftover says why a rule of ours stands that nobody asks for.
func leftover(e secgroup.Entry, next plan.Plan) string {
	is := func(f secgroup.Entry) bool { return f.ID == e.ID && f.Rule == e.Rule }
	switch {
	case slices.ContainsFunc(next.Held, is):
		return "held by quota: there is no room for what would take its place"
	case slices.ContainsFunc(next.Later, is):
		return "goes when what takes its place has settled"
	}
	return "nobody asks for it: it goes with the next look at the group"
}
