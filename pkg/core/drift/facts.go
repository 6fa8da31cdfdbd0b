package drift

import (
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Facts holds everything that is known of one group.
type Facts struct {
	Group    claim.Group
	Name     string
	VPC      string
	Tags     map[string]string
	Found    bool             // EC2 has the group
	Entries  []secgroup.Entry // all of its rules, with ids and tags
	Requests []claim.Request  // of any status
	Ends     []claim.End      // of launches in this group; those in Requests may reflect them already
	Ledger   claim.Ledger
	Lease    lease.Head
	// Interfaces is the number of attached network interfaces. -1 means unknown; the audit
	// then assumes that there are some.
	Interfaces int
	// Stale holds the rules that EC2 calls stale, or that refer to a group over a peering that
	// does not exist any more.
	Stale map[secgroup.Rule]bool
	// Lists holds the entries of each prefix list that a rule or a live request names.
	Lists map[string]List
	// Known holds the contents of its prefix list at which the previous audit judged a rule, by the
	// rule's text.
	Known map[string]Contents
	// Unread names the inputs that could not be read. The fields above then have the last known
	// values, and so has the policy.
	Unread []Input
	// Successor is the id of another group that has the name and VPC of this absent one; "" if
	// there is none.
	Successor string
	// Unreadable says why something could not be read; "" if nothing failed.
	Unreadable string
	// Changes are the API calls that caused this audit, the latest last.
	Changes []Call
}

// Contents is a prefix list as an audit found it.
type Contents struct {
	Account string   `json:"account"`
	Region  string   `json:"region"`
	ID      string   `json:"id"`
	Version int64    `json:"version"` // 0 for a list of AWS's, which has none
	Entries []string `json:"entries"` // CIDRs, in order
}

// List is a prefix list as it is now.
type List struct {
	Version int64
	Entries []string // CIDRs
}

// LastList returns the latest contents of a prefix list that an audit read.
func (r *Report) LastList(account, region, id string) (last Contents, ok bool) {
	for _, l := range r.Lists {
		if l.Account == account && l.Region == region && l.ID == id && (!ok || l.Version > last.Version) {
			last, ok = l, true
		}
	}
	return last, ok
}

// KnownList returns the contents of its prefix list at which the report's audits judged a rule of a
// group, which may be nil. It is zero if they did not.
func (r *Report) KnownList(g *Group, rule secgroup.Rule) Contents {
	id, ok := rule.Peer.PrefixList()
	if !ok || g == nil {
		return Contents{}
	}
	if r.Format == 0 { // such a report has one version of each list, and no versions of rules
		known, _ := r.LastList(g.Account, g.Region, id)
		return known
	}
	version := g.Lists[rule.String()]
	i := slices.IndexFunc(r.Lists, func(l Contents) bool {
		return l.Account == g.Account && l.Region == g.Region && l.ID == id && l.Version == version
	})
	if i < 0 || version == 0 {
		return Contents{}
	}
	return r.Lists[i]
}

// listIn returns the prefix list that the text of a rule names.
func listIn(rule string) string { return rule[strings.LastIndexByte(rule, ' ')+1:] }

// without returns the elements of a that are not in b.
func without(a, b []string) (rest []string) {
	in := make(map[string]bool, len(b))
	for _, s := range b {
		in[s] = true
	}
	for _, s := range a {
		if !in[s] {
			rest = append(rest, s)
		}
	}
	return rest
}
