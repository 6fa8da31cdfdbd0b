package ec2

import "slices"

// modifyRules replaces the properties of rules, and keeps their ids and tags. A rule's
// direction and kind of peer cannot change.
func (s *Service) modifyRules(c call) (reply, error) {
	g, err := s.target(c)
	if err != nil {
		return nil, err
	}
	changed, err := s.changes(c, g)
	if err != nil {
		return nil, err
	}
	if err := s.checkChanges(c, g, changed); err != nil {
		return nil, err
	}
	for id := range changed { // remove all first, because two rules may swap properties
		was, _ := g.rule(id)
		delete(g.held, was.tuple)
	}
	for _, r := range changed {
		line := g.rules[r.id]
		line.set(c.now, r)
		g.held[r.tuple] = r.id
	}
	return &plainReply{Return: true}, nil
}

// changes returns the modified rules by id.
func (s *Service) changes(c call, g *group) (map[string]rule, error) {
	changed := map[string]rule{}
	for _, u := range c.list("SecurityGroupRule") {
		r, err := s.modified(c, g, u)
		if err != nil {
			return nil, err
		}
		if _, twice := changed[r.id]; twice {
			return nil, repeated()
		}
		changed[r.id] = r
	}
	if len(changed) == 0 {
		return nil, missing("securityGroupRule")
	}
	return changed, nil
}

// modified returns the rule after the update.
func (s *Service) modified(c call, g *group, update params) (rule, error) {
	id, want := update.text("SecurityGroupRuleId"), update.at("SecurityGroupRule")
	if err := checkID("sgr", id); err != nil {
		return rule{}, err
	}
	was, ok := g.rule(id)
	if !ok {
		return rule{}, ruleNotFound(id)
	}
	rules, err := s.permission(c, g, asPermission(want), was.egress)
	if err != nil {
		return rule{}, err
	}
	r := rules[0]
	if len(rules) > 1 || r.peer.kind() != was.peer.kind() {
		return rule{}, failf("InvalidParameterValue", "The type of the source or destination of rule "+
			"'%s' cannot be changed", id)
	}
	r.id, r.group, r.tags = was.id, was.group, was.tags
	return r, s.resolve(c, g, &r)
}

func asPermission(p params) params {
	var out params
	for _, name := range []string{"IpProtocol", "FromPort", "ToPort"} {
		*out.member(name) = p.at(name)
	}
	for _, peer := range []struct{ from, list, to string }{
		{"CidrIpv4", "IpRanges", "CidrIp"},
		{"CidrIpv6", "Ipv6Ranges", "CidrIpv6"},
		{"PrefixListId", "PrefixListIds", "PrefixListId"},
		{"ReferencedGroupId", "Groups", "GroupId"},
	} {
		if p.has(peer.from) {
			element := out.member(peer.list).member("1")
			*element.member(peer.to) = p.at(peer.from)
			*element.member("Description") = p.at("Description")
		}
	}
	return out
}

func (p peer) kind() string {
	switch {
	case p.group != "":
		return "group"
	case p.list != "":
		return "prefix list"
	case p.cidr.Addr().Is4():
		return "IPv4"
	}
	return "IPv6"
}

// checkChanges refuses changes that would make two rules the same. It also refuses a prefix
// list with more entries than the quota has left.
func (s *Service) checkChanges(c call, g *group, changed map[string]rule) error {
	after := g.rulesAt(c.now)
	seen := map[tuple]bool{}
	for i, r := range after {
		if to, ok := changed[r.id]; ok {
			after[i] = to
		}
		if seen[after[i].tuple] {
			return after[i].duplicate()
		}
		seen[after[i].tuple] = true
	}
	none := slices.Values([]rule(nil))
	if err := s.checkQuota(none, false, after); err != nil {
		return err
	}
	return s.checkQuota(none, true, after)
}
