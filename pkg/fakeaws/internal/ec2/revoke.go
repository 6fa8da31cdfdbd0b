package ec2

import "cmp"

func (s *Service) revoke(c call, egress bool) (reply, error) {
	g, err := s.target(c)
	if err != nil {
		return nil, err
	}
	if ids := c.texts("SecurityGroupRuleId"); len(ids) > 0 {
		if len(c.list("IpPermissions")) > 0 {
			return nil, failf("InvalidParameterCombination",
				"The parameter 'securityGroupRuleIds' may not be used in combination with 'ipPermissions'")
		}
		rules, err := g.byID(ids, egress)
		if err != nil {
			return nil, err
		}
		return s.drop(c, g, rules, nil), nil
	}
	rules, err := s.permissions(c, g, egress)
	if err != nil {
		return nil, err
	}
	return s.revokeByTuple(c, g, rules)
}

// byID returns the rules of the given ids and direction. It fails if one is missing or
// repeated.
func (g *group) byID(ids []string, egress bool) ([]rule, error) {
	seen := map[string]bool{}
	var rules []rule
	for _, id := range ids {
		if err := checkID("sgr", id); err != nil {
			return nil, err
		}
		if seen[id] {
			return nil, repeated() // [?] the code for a permission given twice
		}
		seen[id] = true
		r, ok := g.rule(id)
		if !ok || r.egress != egress {
			return nil, ruleNotFound(id)
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// revokeByTuple revokes exactly matching rules. A rule without a match is an error. In the
// default VPC, the reply lists it instead.
func (s *Service) revokeByTuple(c call, g *group, wanted []rule) (reply, error) {
	var found, unknown []rule
	for _, w := range wanted {
		if r, ok := g.rule(g.held[w.tuple]); ok {
			found = append(found, r)
		} else {
			w.owner = cmp.Or(w.owner, g.owner)
			unknown = append(unknown, w)
		}
	}
	if len(unknown) > 0 && g.vpc != s.opts.DefaultVPC {
		return nil, permissionNotFound()
	}
	return s.drop(c, g, found, unknown), nil
}

func (s *Service) drop(c call, g *group, rules, unknown []rule) reply {
	out := &revokeReply{Return: true}
	for _, r := range rules {
		g.remove(c.now, r.id)
		out.Revoked.Item = append(out.Revoked.Item, revokedXML(r))
	}
	if len(unknown) > 0 {
		out.Unknown = &list[permissionXML]{Item: permissionsXML(unknown)}
	}
	return out
}
