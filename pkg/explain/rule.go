package explain

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Owner is the owner of a rule.
type Owner string

const (
	Ours     Owner = "sgkeeper" // this installation; no outsider modified it
	Modified Owner = "sgkeeper, modified since"
	Anothers Owner = "another installation"
	Someones Owner = "an installation" // our own identity is not known
	Foreign  Owner = "others"          // not sgkeeper, as far as EC2 shows
)

// Rule is a rule that admits some of the question's traffic.
type Rule struct {
	Entry secgroup.Entry
	Owner Owner
	// Depends: the rule admits the traffic only if the question's addresses are in its prefix
	// list, or belong to a member of its group.
	Depends bool
	// Launches are the names of the launches that request exactly this rule, oldest first.
	Launches []string
	// Parts are the launches that request a part of the rule, but not for the rule itself.
	Parts []Part
	Since time.Time // first request of Launches
	Until time.Time // last expiry of Launches; zero: the end of a launch
	Note  string    // the fate of the rule, or a doubt
}

// Part is a launch that requests a part of a rule.
type Part struct {
	Launch string
	Rules  []secgroup.Rule // the launch's rules within it
}

// rules returns the rules that overlap the question's traffic.
func (g view) rules(q Question, claims []Claim) (rules []Rule) {
	fates := sync.OnceValue(func() map[string]group.Fate { return g.Fates(g.decide()) })
	for _, e := range g.Rules() {
		r := Rule{Entry: e.Entry, Owner: g.ownerOf(e), Depends: q.depends(e.Rule)}
		if !r.Depends && !q.touches(e.Rule) {
			continue
		}
		r.addRequests(claims)
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

// leaving returns the rules of the question's traffic that EC2 still describes although they
// were revoked or have a pending revoke.
func (g view) leaving(q Question, claims []Claim) (rules []Rule) {
	for _, l := range g.Leaving() {
		if !q.depends(l.Rule) && !q.touches(l.Rule) {
			continue
		}
		r := Rule{Entry: l.Entry, Owner: Ours, Depends: q.depends(l.Rule)}
		r.addRequests(claims)
		r.Note = fmt.Sprintf("revoked at %s; EC2 still describes it", stamp(l.Since))
		if l.Pending {
			r.Note = fmt.Sprintf("its revoke is pending since %s; a round completes it", stamp(l.Since))
		}
		rules = append(rules, r)
	}
	slices.SortStableFunc(rules, compare)
	return rules
}

func (g view) ownerOf(e group.Rule) Owner {
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

// addRequests notes the launches that request the rule, or for part of it.
func (r *Rule) addRequests(claims []Claim) {
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

// note describes the fate of an extra rule. It also says if EC2 does not show the rule yet.
func (g view) note(e group.Rule, fate group.Fate, asked bool) string {
	why := "no launch requests it"
	if asked {
		why = "the requests for it do not fit"
	}
	switch fate {
	case group.Held:
		return "held by quota: its replacement does not fit"
	case group.Later:
		return "is revoked when its replacement is in effect"
	case group.Goes:
		return why + ": the next round of the group revokes it"
	case group.Withheld:
		return why + ": it is revoked once an operator confirms it with sgkeeper resume, " +
			"because the table has forgotten launches"
	case group.Frozen:
		return why + ": it is revoked once the group is thawed; the group is frozen: " + g.Ledger.Frozen.String()
	}
	if e.Assumed {
		return g.unseen(e)
	}
	return ""
}
