package explain

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
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
	Foreign  Whose = "others"          // EC2 does not tell who made it
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
	// Parts are the launches that ask for part of the rule, and for which part. They
	// did not ask for the rule itself.
	Parts []Part
	Since time.Time // when the first of Launches asked
	Until time.Time // when the last of them expires; zero: with the end of a launch
	Note  string    // what becomes of the rule, or what is not certain about it
}

// Part is a launch that asks for part of a rule.
type Part struct {
	Launch string
	Rules  []secgroup.Rule // the rules within it that the launch asks for
}

// rules returns the rules that a question is about.
func (g view) rules(q Question, claims []Claim) (rules []Rule) {
	fates := sync.OnceValue(func() map[string]group.Fate { return g.Fates(g.decide()) })
	for _, e := range g.Rules() {
		r := Rule{Entry: e.Entry, Whose: g.whose(e), Depends: q.depends(e.Rule)}
		if !r.Depends && !q.touches(e.Rule) {
			continue
		}
		r.asked(claims)
		fate := group.Foreign
		if e.Ours {
			fate = fates()[e.ID]
		}
		r.Note = g.note(e, fate, len(r.Launches) > 0)
		rules = append(rules, r)
	}
	slices.SortStableFunc(rules, compare)
	return rules
}

func compare(r, s Rule) int {
	return cmp.Or(r.Entry.Rule.Compare(s.Entry.Rule), cmp.Compare(r.Entry.ID, s.Entry.ID))
}

// leaving returns the rules of the question's traffic that EC2 still describes,
// although they were revoked or their revoke is pending.
func (g view) leaving(q Question, claims []Claim) (rules []Rule) {
	for _, l := range g.Leaving() {
		if !q.depends(l.Rule) && !q.touches(l.Rule) {
			continue
		}
		r := Rule{Entry: l.Entry, Whose: Ours, Depends: q.depends(l.Rule)}
		r.asked(claims)
		r.Note = fmt.Sprintf("revoked at %s; EC2 still describes it", stamp(l.Since))
		if l.Pending {
			r.Note = fmt.Sprintf("its revoke is pending since %s; a round completes it", stamp(l.Since))
		}
		rules = append(rules, r)
	}
	slices.SortStableFunc(rules, compare)
	return rules
}

func (g view) whose(e group.Rule) Whose {
	switch {
	case e.Ours:
		return Ours
	case g.Installation != "" && e.Tags[plan.TagInstallation] == string(g.Installation):
		return Modified
	case e.Tags[plan.TagInstallation] == "":
		return Foreign
	case g.Installation == "":
		return Someones
	}
	return Anothers
}

// asked notes the launches that ask for the rule, or for part of it.
func (r *Rule) asked(claims []Claim) {
	endless := false
	for _, c := range claims {
		if c.Request.Status != claim.Open {
			continue
		}
		if !c.Rule.Rule.Matches(r.Entry.Rule) {
			r.part(c)
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

// part notes a claim for part of the rule.
func (r *Rule) part(c Claim) {
	if !secgroup.NewCover(secgroup.SetOf(r.Entry.Rule)).Covers(c.Rule.Rule) {
		return
	}
	i := slices.IndexFunc(r.Parts, func(p Part) bool { return p.Launch == c.Request.Launch.Name })
	if i < 0 {
		i, r.Parts = len(r.Parts), append(r.Parts, Part{Launch: c.Request.Launch.Name})
	}
	if !slices.Contains(r.Parts[i].Rules, c.Rule.Rule) {
		r.Parts[i].Rules = append(r.Parts[i].Rules, c.Rule.Rule)
	}
}

// note says what becomes of a rule that is to go, and that EC2 has yet to show a rule.
func (g view) note(e group.Rule, fate group.Fate, asked bool) string {
	why := "nobody asks for it"
	if asked {
		why = "the requests for it do not fit"
	}
	switch fate {
	case group.Held:
		return "held by quota: there is no room for what would take its place"
	case group.Later:
		return "goes when what takes its place has settled"
	case group.Goes:
		return why + ": it goes with the next look at the group"
	case group.Withheld:
		return why + ": it goes once a person confirms it with sgkeeper resume, because the table has forgotten launches"
	case group.Frozen:
		return why + ": it goes once the group is thawed; the group is frozen: " + g.Ledger.Frozen
	}
	if e.Assumed {
		return g.unseen(e)
	}
	return ""
}
