package ec2

import (
	"net/netip"
	"strings"
	"time"
)

func (s *Service) createGroup(c call) (reply, error) {
	g := &group{
		name: c.text("GroupName"), description: c.text("GroupDescription"),
		vpc: c.text("VpcId"), owner: s.opts.Account,
	}
	tags, err := tagSpecifications(c.params, "security-group")
	if err != nil {
		return nil, err
	}
	if g.vpc == "" {
		g.vpc = s.opts.DefaultVPC
	}
	if err := s.checkGroup(c.now, g); err != nil {
		return nil, err
	}
	g.id = s.newID("sg")
	s.addGroup(c.now, g, tags)
	s.addRule(c.now, g, everywhere())
	return &createGroupReply{GroupID: g.id, ARN: s.arn("security-group", g.id), Tags: tagsXML(tags)}, nil
}

func (s *Service) checkGroup(now time.Time, g *group) error {
	switch {
	case g.name == "":
		return missing("groupName")
	case g.description == "":
		return missing("groupDescription")
	case strings.HasPrefix(g.name, "sg-") || !isDescription(g.name):
		return failf("InvalidParameterValue", "Invalid security group name: %s", g.name)
	case !isDescription(g.description):
		return failf("InvalidParameterValue",
			"Invalid security group description. Valid descriptions are strings less than 256 characters from the "+
				"following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*")
	case s.named(now, g.vpc, g.name) != nil:
		return failf("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", g.name, g.vpc)
	}
	return checkID("vpc", g.vpc)
}

func (s *Service) addGroup(now time.Time, g *group, tags map[string]string) {
	g.created, g.rules, g.held = now, map[string]*timeline[rule]{}, map[tuple]string{}
	g.life.set(now, tags)
	s.groups[g.id] = g
}

func (s *Service) addRule(now time.Time, g *group, r rule) rule {
	r.id, r.group = s.newID("sgr"), g.id
	g.put(now, r)
	return r
}

// everywhere returns the rule of every new group: all egress.
func everywhere() rule {
	return rule{tuple: tuple{egress: true, protocol: all, from: -1, to: -1,
		peer: peer{cidr: netip.MustParsePrefix("0.0.0.0/0")}}}
}

func (s *Service) deleteGroup(c call) (reply, error) {
	g, err := s.target(c)
	if err != nil {
		return nil, err
	}
	for _, other := range s.sorted(call{now: c.now, view: c.now}) {
		for r := range other.current() {
			if r.peer.group == g.id && other != g {
				return nil, failf("DependencyViolation", "resource %s has a dependent object", g.id)
			}
		}
	}
	for _, id := range g.held {
		g.rules[id].end(c.now)
	}
	g.life.end(c.now)
	return &deleteGroupReply{Return: true, GroupID: g.id}, nil
}
