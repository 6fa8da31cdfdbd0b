package ec2

// permissionXML is EC2's grouped IpPermission: the peers that share a protocol and a range.
// Ports that do not apply are absent.
type permissionXML struct {
	Protocol string           `xml:"ipProtocol"`
	FromPort *int             `xml:"fromPort"`
	ToPort   *int             `xml:"toPort"`
	Groups   list[pairXML]    `xml:"groups"`
	V4       list[rangeXML]   `xml:"ipRanges"`
	V6       list[range6XML]  `xml:"ipv6Ranges"`
	Lists    list[listRefXML] `xml:"prefixListIds"`
}

type pairXML struct {
	UserID      string `xml:"userId,omitempty"`
	GroupID     string `xml:"groupId"`
	Description string `xml:"description,omitempty"`
}

type rangeXML struct {
	CIDR        string `xml:"cidrIp"`
	Description string `xml:"description,omitempty"`
}

type range6XML struct {
	CIDR        string `xml:"cidrIpv6"`
	Description string `xml:"description,omitempty"`
}

type listRefXML struct {
	List        string `xml:"prefixListId"`
	Description string `xml:"description,omitempty"`
}

type groupXML struct {
	Owner       string              `xml:"ownerId"`
	ID          string              `xml:"groupId"`
	ARN         string              `xml:"securityGroupArn"`
	Name        string              `xml:"groupName"`
	Description string              `xml:"groupDescription"`
	VPC         string              `xml:"vpcId"`
	Ingress     list[permissionXML] `xml:"ipPermissions"`
	Egress      list[permissionXML] `xml:"ipPermissionsEgress"`
	Tags        list[tagXML]        `xml:"tagSet"`
}

func (s *Service) groupXML(g *snapshot) groupXML {
	var in, out []rule
	for _, r := range g.rules {
		if r.egress {
			out = append(out, r)
		} else {
			in = append(in, r)
		}
	}
	return groupXML{
		Owner: g.owner, ID: g.id, ARN: s.arn("security-group", g.id), Name: g.name, Description: g.description,
		VPC:     g.vpc,
		Ingress: list[permissionXML]{permissionsXML(in)}, Egress: list[permissionXML]{permissionsXML(out)},
		Tags: tagsXML(g.tags),
	}
}

// hasPorts reports whether a grouped permission has a range. It has none for all protocols,
// for a protocol by number, and for all of ICMPv6 [?].
func (t tuple) hasPorts() bool {
	switch t.protocol {
	case "tcp", "udp", "icmp":
		return true
	case "icmpv6":
		return t.from != -1
	}
	return false
}

// permissionsXML groups rules of one direction by protocol and range.
func permissionsXML(rules []rule) []permissionXML {
	type key struct {
		protocol string
		from, to int
	}
	at := map[key]int{}
	var out []permissionXML
	for _, r := range rules {
		k := key{r.protocol, r.from, r.to}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, newPermissionXML(r))
		}
		out[i].add(r)
	}
	return out
}

func newPermissionXML(r rule) permissionXML {
	p := permissionXML{Protocol: r.protocol}
	if r.hasPorts() {
		p.FromPort, p.ToPort = &r.from, &r.to
	}
	return p
}

func (p *permissionXML) add(r rule) {
	v4, v6 := r.peer.families()
	switch {
	case v4 != "":
		p.V4.Item = append(p.V4.Item, rangeXML{v4, r.description})
	case v6 != "":
		p.V6.Item = append(p.V6.Item, range6XML{v6, r.description})
	case r.peer.list != "":
		p.Lists.Item = append(p.Lists.Item, listRefXML{r.peer.list, r.description})
	default:
		p.Groups.Item = append(p.Groups.Item, pairXML{r.owner, r.peer.group, r.description})
	}
}
