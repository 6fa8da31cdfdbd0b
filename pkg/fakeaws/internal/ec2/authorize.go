package ec2

func (s *Service) authorize(c call, egress bool) (reply, error) {
	g, err := s.target(c)
	if err != nil {
		return nil, err
	}
	rules, err := s.requested(c, g, egress)
	if err != nil {
		return nil, err
	}
	fresh, duplicate := g.split(rules)
	if duplicate != nil && !s.opts.PartialBatch {
		return nil, duplicate
	}
	if err := s.checkQuota(g.current(), egress, fresh); err != nil {
		return nil, err
	}
	out := &authorizeReply{Return: true}
	for _, r := range fresh {
		out.Rules.Item = append(out.Rules.Item, s.ruleXML(s.addRule(c.now, g, r)))
	}
	return out, duplicate
}

// requested returns the requested rules. It makes every check that does not depend on g's rules.
func (s *Service) requested(c call, g *group, egress bool) ([]rule, error) {
	tags, err := tagSpecifications(c.params, "security-group-rule")
	if err != nil {
		return nil, err
	}
	rules, err := s.permissions(c, g, egress)
	if err != nil {
		return nil, err
	}
	for i := range rules {
		rules[i].tags = tags
		if err := s.resolve(c, g, &rules[i]); err != nil {
			return nil, err
		}
	}
	return rules, nil
}

// split returns the rules that g does not hold, and an error for the first one that it holds.
func (g *group) split(rules []rule) (fresh []rule, duplicate error) {
	for _, r := range rules {
		if g.held[r.tuple] == "" {
			fresh = append(fresh, r)
		} else if duplicate == nil {
			duplicate = r.duplicate()
		}
	}
	return fresh, duplicate
}

// resolve checks that the peer exists and can be referenced. It fills in the account of a
// group.
func (s *Service) resolve(c call, g *group, r *rule) error {
	switch {
	case r.peer.list != "":
		if _, ok := s.lists[r.peer.list]; !ok {
			return prefixListNotFound(r.peer.list)
		}
	case r.peer.group != "":
		other := s.groups[r.peer.group]
		if other == nil || !s.visible(other, c.now, c.now) || (r.owner != "" && r.owner != other.owner) {
			return groupNotFound(r.peer.group)
		}
		if other.owner == g.owner && other.vpc != g.vpc { // a group of another account counts as peered
			return failf("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
		}
		r.owner = other.owner
	}
	return nil
}
