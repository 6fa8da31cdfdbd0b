package ec2

import (
	"iter"
	"slices"
)

// weights is the count of rules toward the quota of their direction. IPv4 and IPv6 are counted
// separately. A group or a prefix list counts in both.
type weights struct{ v4, v6 int }

func (s *Service) weigh(rules iter.Seq[rule], egress bool) (w weights) {
	for r := range rules {
		if r.egress != egress {
			continue
		}
		n := 1
		if r.peer.list != "" {
			n = s.lists[r.peer.list].MaxEntries
		}
		if !r.peer.cidr.IsValid() || r.peer.cidr.Addr().Is4() {
			w.v4 += n
		}
		if !r.peer.cidr.IsValid() || r.peer.cidr.Addr().Is6() {
			w.v6 += n
		}
	}
	return w
}

// checkQuota checks that the group has room for fresh. It ignores a family if fresh has no
// rule of it.
func (s *Service) checkQuota(held iter.Seq[rule], egress bool, fresh []rule) error {
	has, more := s.weigh(held, egress), s.weigh(slices.Values(fresh), egress)
	limit := s.opts.RulesPerGroup
	if more.v4 > 0 && has.v4+more.v4 > limit || more.v6 > 0 && has.v6+more.v6 > limit {
		return failf("RulesPerSecurityGroupLimitExceeded",
			"The maximum number of rules per security group has been reached.")
	}
	return nil
}
