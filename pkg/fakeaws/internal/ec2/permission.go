package ec2

// permissions returns the rules that a request lists, in its order: one for each peer of each
// permission. It looks up only groups that are named.
func (s *Service) permissions(c call, g *group, egress bool) ([]rule, error) {
	list := c.list("IpPermissions")
	flat := c.has("IpProtocol") || c.has("CidrIp") || c.has("SourceSecurityGroupName")
	switch {
	case flat && len(list) > 0:
		return nil, failf("InvalidParameterCombination", "The parameter 'ipProtocol' may not be used in combination "+
			"with 'ipPermissions'")
	case flat && !egress:
		list = []params{flatPermission(c.params)}
	case len(list) == 0:
		return nil, missing("ipPermissions")
	}
	var rules []rule
	for _, p := range list {
		more, err := s.permission(c, g, p, egress)
		if err != nil {
			return nil, err
		}
		rules = append(rules, more...)
	}
	return rules, checkRepeats(rules)
}

func checkRepeats(rules []rule) error {
	seen := map[tuple]bool{}
	for _, r := range rules {
		if seen[r.tuple] {
			return repeated()
		}
		seen[r.tuple] = true
	}
	return nil
}

// flatPermission converts the older flat parameters, such as CidrIp beside GroupId, to an
// IpPermissions element.
func flatPermission(p params) params {
	var out params
	for _, name := range []string{"IpProtocol", "FromPort", "ToPort"} {
		*out.member(name) = p.at(name)
	}
	if p.has("CidrIp") {
		*out.member("IpRanges").member("1").member("CidrIp") = p.at("CidrIp")
	}
	if p.has("SourceSecurityGroupName") {
		pair := out.member("Groups").member("1")
		*pair.member("GroupName") = p.at("SourceSecurityGroupName")
		*pair.member("UserId") = p.at("SourceSecurityGroupOwnerId")
	}
	return out
}

func (s *Service) permission(c call, g *group, p params, egress bool) ([]rule, error) {
	protocol, err := parseProtocol(p.text("IpProtocol"))
	if err != nil {
		return nil, err
	}
	from, to, err := p.ports(protocol)
	if err != nil {
		return nil, err
	}
	var rules []rule
	for _, kind := range peerKinds {
		for _, element := range p.list(kind.list) {
			r := rule{tuple: tuple{egress: egress, protocol: protocol, from: from, to: to},
				description: element.text("Description")}
			if err := kind.read(s, c, g, element, &r); err != nil {
				return nil, err
			}
			if err := checkDescription(r.description); err != nil {
				return nil, err
			}
			rules = append(rules, r)
		}
	}
	if len(rules) == 0 {
		return nil, failf("MissingParameter", "Missing source specification: "+
			"include source security group or CIDR information")
	}
	return rules, nil
}

// peerKinds are the lists of peers in a permission, with a function that reads an element.
var peerKinds = []struct {
	list string
	read func(*Service, call, *group, params, *rule) error
}{
	{"IpRanges", readCIDR("CidrIp", true)},
	{"Ipv6Ranges", readCIDR("CidrIpv6", false)},
	{"PrefixListIds", readList},
	{"Groups", readGroup},
}

func readCIDR(name string, v4 bool) func(*Service, call, *group, params, *rule) error {
	return func(_ *Service, _ call, _ *group, p params, r *rule) (err error) {
		r.peer.cidr, err = parseCIDR(p.text(name), v4)
		return err
	}
}

func readList(_ *Service, _ call, _ *group, p params, r *rule) error {
	r.peer.list = p.text("PrefixListId")
	return checkID("pl", r.peer.list)
}

func readGroup(s *Service, c call, g *group, p params, r *rule) error {
	r.owner = p.text("UserId")
	if name := p.text("GroupName"); name != "" && !p.has("GroupId") {
		named := s.named(c.now, g.vpc, name)
		if named == nil {
			return groupNotFound(name)
		}
		r.peer.group = named.id
		return nil
	}
	r.peer.group = p.text("GroupId")
	if r.peer.group == "" {
		return failf("MissingParameter", "Source group ID missing.")
	}
	return checkID("sg", r.peer.group)
}
