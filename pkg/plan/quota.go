package plan

import (
	"fmt"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// DefaultLimit is EC2's default quota of rules per security group, for each
// direction and address family apart (L-0EA8095F).
const DefaultLimit = 60

// Quota is how many rules a group may hold, by EC2's way of counting.
type Quota struct {
	// Limit is for each direction and family; not above 1000.
	Limit int
	// Weights holds what a rule with a prefix list counts, by the list's id:
	// the list's MaxEntries, or for AWS's own lists the weight that AWS
	// publishes. A list not named counts 1.
	Weights map[string]int
	// Configured is the limit that was configured, if EC2 has shown a lower one.
	Configured int
}

// Usage counts the rules of a group by direction and family. A CIDR counts in
// its own family; a group or a prefix list counts in both.
type Usage struct {
	IngressIPv4, IngressIPv6, EgressIPv4, EgressIPv6 int
	// Fits tells whether what was asked fits the quota. What already stands
	// in the group is never too much.
	Fits bool
}

// Usage counts entries as EC2 does. Fits tells whether they are within the
// limit.
func (q Quota) Usage(entries []secgroup.Entry) Usage {
	u := q.usage(entries)
	u.Fits = max(u.IngressIPv4, u.IngressIPv6, u.EgressIPv4, u.EgressIPv6) <= q.Limit
	return u
}

// Shown returns the quota with the lower limit that EC2 has shown.
func (q Quota) Shown(limit int) Quota {
	if limit < q.Limit {
		q.Configured = max(q.Configured, q.Limit)
		q.Limit = limit
	}
	return q
}

// Weight returns what one rule counts toward the quota: 1, or the weight of its prefix
// list.
func (q Quota) Weight(r secgroup.Rule) int {
	c := q.cost(r)
	return max(c.IngressIPv4, c.IngressIPv6, c.EgressIPv4, c.EgressIPv6)
}

// Used counts what the entries take of the quota that a further rule needs: the fuller
// one, if the rule counts in both address families.
func (q Quota) Used(entries []secgroup.Entry, r secgroup.Rule) int {
	u, c := q.usage(entries), q.cost(r)
	used := 0
	for _, part := range [][2]int{
		{c.IngressIPv4, u.IngressIPv4}, {c.IngressIPv6, u.IngressIPv6}, {c.EgressIPv4, u.EgressIPv4}, {c.EgressIPv6, u.EgressIPv6},
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

// with is a usage and what some rules add to it.
func (q Quota) with(u Usage, rules []secgroup.Rule) Usage {
	for _, rule := range rules {
		u = u.plus(q.cost(rule))
	}
	return u
}

// cost is what one rule adds.
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

// problems says which quotas u exceeds, if it is more than before; nil if it fits.
func (q Quota) problems(u, before Usage) (problems events.Faults) {
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
				"end launches that no longer need their rules, ask for wider ranges, or raise the quota",
				part.name, q.Limit, shown, part.now-q.Limit)
			problems = append(problems, events.Fault{Field: "/rules", Problem: problem})
		}
	}
	return problems
}
