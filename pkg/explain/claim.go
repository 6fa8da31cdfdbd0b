package explain

import (
	"fmt"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Claim is one rule of a request that is about the question's traffic.
type Claim struct {
	Request claim.Request
	Rule    secgroup.Entry
	State   State
	By      []secgroup.Entry // the rules that admit all of it
	Note    string           // why it waits
}

// State is what became of a claim.
type State string

const (
	Made    State = "open"    // the rule stands in the group
	Covered State = "covered" // other rules admit all of it
	Queued  State = "queued"  // it is not admitted yet
	Refused State = "refused" // its request was, or would be
	Expired State = "expired"
	Ended   State = "ended"
)

// claims returns what launches asked about the question's traffic, in the order
// received.
func (g Group) claims(q Question) (claims []Claim) {
	cover := secgroup.NewCover(secgroup.Rules(g.Entries))
	for _, r := range claim.InOrder(g.Requests) {
		for _, e := range r.Rules {
			if q.touches(e.Rule) {
				claims = append(claims, g.claim(r, e, cover))
			}
		}
	}
	return claims
}

func (g Group) claim(r claim.Request, e secgroup.Entry, cover *secgroup.Cover) Claim {
	c := Claim{Request: r, Rule: e}
	switch r.Status {
	case claim.Refused:
		c.State = Refused
	case claim.Expired:
		c.State = Expired
	case claim.Ended:
		c.State = Ended
	default:
		c.By = g.named(cover.By(e.Rule))
		g.standing(&c)
	}
	return c
}

// standing says how an open claim stands.
func (g Group) standing(c *Claim) {
	switch {
	case len(c.By) == 1 && c.By[0].Rule.Matches(c.Rule.Rule):
		c.State = Made
	case len(c.By) > 0:
		c.State = Covered
	default:
		c.State = Queued
		c.Note = g.waits(*c)
	}
}

// named are the entries of rules, with their ids.
func (g Group) named(rules []secgroup.Rule) (entries []secgroup.Entry) {
	for _, r := range rules {
		i := slices.IndexFunc(g.Entries, func(e secgroup.Entry) bool { return e.Rule == r })
		entries = append(entries, g.Entries[i])
	}
	return entries
}

// waits says why an open claim is not served yet.
func (g Group) waits(c Claim) string {
	switch {
	case g.Ledger.Frozen != "":
		return "the group is frozen: " + g.Ledger.Frozen
	case !g.Ledger.Missing.IsZero():
		return "EC2 has known no such group since " + g.Ledger.Missing.UTC().Format(time.RFC3339)
	case claim.Contested(g.Ledger.Made, c.Rule.Rule, g.Now):
		return "contested: it was made three times within the hour, and somebody else removed it each time"
	case g.Head.Owner != lease.Nobody && g.Now.Before(g.Head.Expires.Time()):
		return fmt.Sprintf("a function holds the group's lease until %s and is bound to serve it", g.Head.Expires.Time().Format(time.RFC3339))
	}
	if reasons := g.misfit(c); reasons != "" {
		return reasons
	}
	return "it is not served yet: the next function that comes to the group serves it, the sweeper's at the latest"
}

// misfit says why a plan made now would not serve the claim.
func (g Group) misfit(c Claim) string {
	next := g.plan()
	for _, r := range slices.Concat(next.Refused, next.Waiting) {
		if r.Request.Key() == c.Request.Key() {
			return "it does not fit: " + r.Reasons.Error()
		}
	}
	return ""
}
