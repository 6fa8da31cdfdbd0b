package plan

import (
	"fmt"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// DefaultLimit is EC2's default quota of rules per security group (Service Quotas,
// L-0EA8095F). It applies to each direction and address family.
const DefaultLimit = 60

// Quota is the number of rules that a group may hold, as EC2 counts them.
type Quota struct {
	// Limit is for each direction and family, at most 1000.
	Limit int
	// Weights maps a prefix list's id to the count of one rule with it. That is the list's
	// MaxEntries, or for AWS's own lists the weight that AWS publishes. An unnamed list counts
	// 1.
	Weights map[string]int
	// Configured is the configured limit, if EC2 has shown a lower one.
	Configured int
}

// Usage counts the rules of a group by direction and family. A CIDR counts in its own family.
// A group or a prefix list counts in both.
type Usage struct {
	IngressIPv4, IngressIPv6, EgressIPv4, EgressIPv6 int
	// Fits reports whether the requests fit the quota. Existing rules alone always fit.
	Fits bool
}

// Usage counts entries as EC2 does. Fits reports whether they are within the limit.
func (q Quota) Usage(entries []secgroup.Entry) Usage {
	u := q.usage(entries)
	u.Fits = max(u.IngressIPv4, u.IngressIPv6, u.EgressIPv4, u.EgressIPv6) <= q.Limit
	return u
}

// Shown returns the quota with a limit that EC2 has shown, if that is lower.
func (q Quota) Shown(limit int) Quota {
	if limit < q.Limit {
		q.Configured = max(q.Configured, q.Limit)
		q.Limit = limit
	}
	return q
}

// Weight returns the count of one rule toward the quota: 1, or the weight of its prefix list.
func (q Quota) Weight(r secgroup.Rule) int {
	c := q.cost(r)
	return max(c.IngressIPv4, c.IngressIPv6, c.EgressIPv4, c.EgressIPv6)
}

// Used counts the entries in the direction and family of rule r. If r counts in both families,
// Used returns the larger count.
func (q Quota) Used(entries []secgroup.Entry, r secgroup.Rule) int {
	u, c := q.usage(entries), q.cost(r)
	used := 0
	for _, part := range [][2]int{
		{c.IngressIPv4, u.IngressIPv4}, {c.IngressIPv6, u.IngressIPv6}, {c.EgressIPv4, u.EgressIPv4},
		{c.EgressIPv6, u.EgressIPv6},
	} {
		if part[0] > 0 {
			used = max(used, part[1])
		}
	}
	return used
}

func (q Quota) usage(entries []secgroup.Entry) Usage {
	var u Usage
	for _, entry := range entries {
		u = u.plus(q.cost(entry.Rule))
	}
	return u
}

// with adds the cost of rules to u.
func (q Quota) with(u Usage, rules []secgroup.Rule) Usage {
	for _, rule := range rules {
		u = u.plus(q.cost(rule))
	}
	return u
}

func (q Quota) cost(r secgroup.Rule) Usage {
	v4, v6 := 1, 1
	if prefix, ok := r.Peer.Prefix(); ok && prefix.Addr().Is4() {
		v6 = 0
	} else if ok {
		v4 = 0
	} else if list, ok := r.Peer.PrefixList(); ok && q.Weights[list] > 0 {
		v4, v6 = q.Weights[list], q.Weights[list]
	}
	if r.Direction == secgroup.Egress {
		return Usage{EgressIPv4: v4, EgressIPv6: v6}
	}
	return Usage{IngressIPv4: v4, IngressIPv6: v6}
}

func (u Usage) plus(v Usage) Usage {
	u.IngressIPv4 += v.IngressIPv4
	u.IngressIPv6 += v.IngressIPv6
	u.EgressIPv4 += v.EgressIPv4
	u.EgressIPv6 += v.EgressIPv6
	return u
}

// problems returns a fault for each quota that u exceeds by more than before does, or nil.
func (q Quota) problems(u, before Usage) (problems claim.Faults) {
	shown := ""
	if q.Configured > 0 {
		shown = fmt.Sprintf(" (by EC2's answer; %d are configured)", q.Configured)
	}
	for _, part := range []struct {
		name        string
		now, before int
	}{
		{"ingress IPv4", u.IngressIPv4, before.IngressIPv4},
		{"ingress IPv6", u.IngressIPv6, before.IngressIPv6},
		{"egress IPv4", u.EgressIPv4, before.EgressIPv4},
		{"egress IPv6", u.EgressIPv6, before.EgressIPv6},
	} {
		if part.now > q.Limit && part.now > part.before {
			problem := fmt.Sprintf("the group's %s quota of %d rules%s would be exceeded by %d; "+
				"end launches that no longer need their rules, request wider ranges, or raise the quota",
				part.name, q.Limit, shown, part.now-q.Limit)
			problems = append(problems, claim.Fault{Field: "/rules", Problem: problem})
		}
	}
	return problems
}
