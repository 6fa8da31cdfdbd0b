package explain

import (
	"fmt"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Claim is one rule of a request that overlaps the question's traffic.
type Claim struct {
	Request claim.Request
	Rule    secgroup.Entry
	State   State
	By      []secgroup.Entry // the rules that admit all of it
	Note    string           // the reason for the wait, or a doubt
}

// State is the state of a claim.
type State string

const (
	Made    State = "open"    // the rule exists in the group
	Covered State = "covered" // other rules admit all of it
	Queued  State = "queued"  // not admitted yet
	Refused State = "refused" // its request was refused
	Expired State = "expired"
	Ended   State = "ended"
)

// claims returns the requests' rules that overlap the question's traffic, in the order of
// receipt.
func (g view) claims(q Question) (claims []Claim) {
	shown := secgroup.NewCover(secgroup.Rules(g.Certain()))
	existing := secgroup.NewCover(secgroup.Rules(g.Existing()))
	for _, r := range claim.InOrder(g.Requests) {
		for _, e := range r.Rules {
			if q.touches(e.Rule) {
				claims = append(claims, g.claim(r, e, shown, existing))
			}
		}
	}
	return claims
}

// claim judges one rule of a request, first by the rules that EC2 has shown, then by all
// existing rules.
func (g view) claim(r claim.Request, e secgroup.Entry, shown, existing *secgroup.Cover) Claim {
	c := Claim{Request: r, Rule: e}
	switch r.Status {
	case claim.Refused:
		c.State = Refused
	case claim.Expired:
		c.State = Expired
	case claim.Ended:
		c.State = Ended
	default:
		by := shown.By(e.Rule)
		if len(by) == 0 {
			by = existing.By(e.Rule)
		}
		g.judge(&c, g.named(by))
	}
	return c
}

// judge sets whether a live claim is open, and the rules that open it.
func (g view) judge(c *Claim, by []group.Rule) {
	for _, r := range by {
		c.By = append(c.By, r.Entry)
	}
	switch {
	case len(by) == 1 && by[0].Rule.Matches(c.Rule.Rule):
		c.State, c.Note = Made, g.doubt(*c, by)
	case len(by) > 0:
		c.State, c.Note = Covered, g.doubt(*c, by)
	default:
		c.State, c.Note = Queued, g.waits(*c)
	}
	if c.Note == "" && c.Request.Overdue(g.Now) {
		c.Note = "past its expiry: the next sweep marks it as expired"
	}
}

// named returns the existing rules with the given identities.
func (g view) named(rules []secgroup.Rule) (named []group.Rule) {
	existing := g.Rules()
	for _, r := range rules {
		i := slices.IndexFunc(existing, func(e group.Rule) bool { return e.Rule == r && !e.Assumed })
		if i < 0 {
			i = slices.IndexFunc(existing, func(e group.Rule) bool { return e.Rule == r })
		}
		named = append(named, existing[i])
	}
	return named
}

// doubt returns a note if only a rule that no describe has shown yet opens the claim.
func (g view) doubt(c Claim, by []group.Rule) string {
	for _, r := range by {
		switch {
		case !r.Assumed:
		case g.Ledger.Served.Has(c.Request):
			return g.unseen(r)
		default:
			return g.unseen(r) + "; the launch is announced once EC2 confirms the rule"
		}
	}
	return ""
}

// unseen returns a note that EC2 does not describe a rule yet.
func (g view) unseen(r group.Rule) string {
	at := g.MadeAt(r)
	if !r.Ours {
		return fmt.Sprintf("EC2 answered at %s that %s exists, and does not describe it yet", stamp(at), r.Rule)
	}
	return fmt.Sprintf("sgkeeper made %s at %s, and EC2 does not describe it yet", r.ID, stamp(at))
}

// waits returns the reason why a live claim is not open yet.
func (g view) waits(c Claim) string {
	switch {
	case g.Ledger.Frozen.Holds():
		return "the group is frozen: " + g.Ledger.Frozen.String()
	case !g.Ledger.Missing.IsZero():
		return "EC2 does not know the group, since " + stamp(g.Ledger.Missing)
	case !g.Exists:
		return "EC2 does not know the group; if it does not appear within minutes, the request is refused"
	case g.contested(c.Rule.Rule):
		return "contested: sgkeeper made it three times within the hour, and an outsider removed it each time"
	case g.Head.Owner != lease.Nobody && g.Now.Before(g.Head.Expires.Time()):
		return fmt.Sprintf("a function holds the group's lease until %s and must serve it",
			stamp(g.Head.Expires.Time()))
	}
	if reasons := g.misfit(c); reasons != "" {
		return reasons
	}
	return "it is not served yet: the next round of the group serves it, at the latest with the next sweep"
}

// contested reports whether the decision holds a rule back because an outsider keeps removing
// it.
func (g view) contested(r secgroup.Rule) bool {
	is := func(h group.HeldBack) bool { return h.Contested && h.Rule.Matches(r) }
	return slices.ContainsFunc(g.decide().HeldBack, is)
}

// misfit returns the reason why a round now would not serve the claim.
func (g view) misfit(c Claim) string {
	for _, r := range slices.Concat(g.decide().Refusals(), g.decide().Waiting) {
		if r.Request.Same(c.Request) {
			return "it does not fit: " + r.Reasons.Error()
		}
	}
	return ""
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
