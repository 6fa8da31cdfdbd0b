package ec2

// updateDescriptions changes only the descriptions of rules. The request names the rules by id
// or lists their properties.
func (s *Service) updateDescriptions(c call, egress bool) (reply, error) {
	g, err := s.target(c)
	if err != nil {
		return nil, err
	}
	rules, err := s.described(c, g, egress)
	if err != nil {
		return nil, err
	}
	for _, r := range rules {
		g.put(c.now, r)
	}
	return &plainReply{Return: true}, nil
}

// described returns the rules that an UpdateSecurityGroupRuleDescriptions names, with their
// new descriptions.
func (s *Service) described(c call, g *group, egress bool) ([]rule, error) {
	list := c.list("SecurityGroupRuleDescription")
	if len(list) == 0 {
		return s.describedByTuple(c, g, egress)
	}
	var ids []string
	for _, d := range list {
		ids = append(ids, d.text("SecurityGroupRuleId"))
	}
	rules, err := g.byID(ids, egress)
	for i := range rules {
		rules[i].description = list[i].text("Description")
		if err := checkDescription(rules[i].description); err != nil {
			return nil, err
		}
	}
	return rules, err
}

func (s *Service) describedByTuple(c call, g *group, egress bool) ([]rule, error) {
	wanted, err := s.permissions(c, g, egress)
	var rules []rule
	for _, w := range wanted {
		r, ok := g.rule(g.held[w.tuple])
		if !ok {
			return nil, permissionNotFound()
		}
		r.description = w.description
		rules = append(rules, r)
	}
	return rules, err
}
