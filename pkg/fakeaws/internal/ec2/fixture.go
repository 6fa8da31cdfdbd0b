package ec2

import (
	"cmp"
	"errors"
	"net/netip"
	"strings"
	"time"
)

// SecurityGroup is a group that is added directly, without the API.
type SecurityGroup struct {
	ID          string // generated if empty
	Name        string // the id if empty
	Description string // the name if empty
	VPC         string // the default VPC if empty
	Account     string // if set, another account, and rules can only refer to the group
	Tags        map[string]string
	Rules       []Rule
	NoEgress    bool // without the default rule that allows all egress
}

// Rule is one security group rule.
type Rule struct {
	ID          string
	Egress      bool
	Protocol    string // tcp, udp, icmp, icmpv6, -1, or a number as text
	FromPort    int    // the type for ICMP; -1 if ports do not apply
	ToPort      int    // the code for ICMP; -1 if ports do not apply
	Peer        string // a CIDR, sg-..., or pl-...
	PeerAccount string // the account of a group, present when rules are read
	Description string
	Tags        map[string]string
}

// AddGroup adds a group with its rules and returns its id. They count as old: neither
// CreationLag nor a stale describe hides them.
func (s *Service) AddGroup(sg SecurityGroup) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	g := &group{id: sg.ID, vpc: cmp.Or(sg.VPC, s.opts.DefaultVPC), owner: cmp.Or(sg.Account, s.opts.Account)}
	if g.id == "" {
		g.id = s.newID("sg")
	}
	g.name = cmp.Or(sg.Name, strings.Replace(g.id, "sg-", "group-", 1))
	g.description = cmp.Or(sg.Description, g.name)
	if err := errors.Join(checkID("sg", g.id), s.checkGroup(now, g), checkTags(sg.Tags)); err != nil {
		return "", err
	}
	if s.groups[g.id] != nil {
		return "", failf("InvalidGroup.Duplicate", "The security group '%s' already exists", g.id)
	}
	since := now.Add(-memory - s.opts.CreationLag)
	s.addGroup(since, g, merge(sg.Tags, nil))
	if !sg.NoEgress {
		s.addRule(since, g, everywhere())
	}
	for _, r := range sg.Rules {
		if _, err := s.add(now, since, g, r); err != nil {
			return "", err
		}
	}
	return g.id, nil
}

// AddRule adds one rule as an outsider would, with the checks of Authorize, and returns its
// id.
func (s *Service) AddRule(groupID string, r Rule) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	g, err := s.group(call{now: now}, groupID)
	if err != nil {
		return "", err
	}
	return s.add(now, now, g, r)
}

func (s *Service) add(now, since time.Time, g *group, from Rule) (string, error) {
	r, err := parseRule(from)
	if err != nil {
		return "", err
	}
	if err := errors.Join(s.resolve(call{now: now}, g, &r), checkTags(r.tags),
		checkDescription(r.description)); err != nil {
		return "", err
	}
	fresh, duplicate := g.split([]rule{r})
	if duplicate != nil {
		return "", duplicate
	}
	if err := s.checkQuota(g.current(), r.egress, fresh); err != nil {
		return "", err
	}
	if from.ID == "" {
		return s.addRule(since, g, r).id, nil
	}
	if err := checkID("sgr", from.ID); err != nil {
		return "", err
	}
	r.id, r.group = from.ID, g.id
	g.put(since, r)
	return r.id, nil
}

// parseRule reads a rule in any spelling that EC2 accepts.
func parseRule(from Rule) (r rule, err error) {
	r = rule{description: from.Description, tags: merge(from.Tags, nil), owner: from.PeerAccount}
	r.egress = from.Egress
	if r.protocol, err = parseProtocol(from.Protocol); err != nil {
		return rule{}, err
	}
	if r.from, r.to, err = ports(r.protocol, from.FromPort, from.ToPort); err != nil {
		return rule{}, err
	}
	r.peer, err = parsePeer(from.Peer)
	return r, err
}

func parsePeer(text string) (peer, error) {
	switch {
	case isID("sg", text):
		return peer{group: text}, nil
	case isID("pl", text):
		return peer{list: text}, nil
	}
	cidr, err := netip.ParsePrefix(text)
	if err != nil {
		return peer{}, failf("InvalidParameterValue", "CIDR block %s is malformed", text)
	}
	return peer{cidr: cidr.Masked()}, nil
}

// RemoveRule removes a rule by id, as an outsider would.
func (s *Service) RemoveRule(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	g, _, err := s.anyRule(call{now: now}, id)
	if err != nil {
		return err
	}
	g.remove(now, id)
	return nil
}

// Rules returns the group's current rules, sorted by id, or nil if the group does not exist.
func (s *Service) Rules(groupID string) []Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[groupID]
	if g == nil {
		return nil
	}
	var out []Rule
	for _, r := range g.rulesAt(time.Now()) {
		out = append(out, Rule{
			ID: r.id, Egress: r.egress, Protocol: r.protocol, FromPort: r.from, ToPort: r.to, Peer: r.peer.String(),
			PeerAccount: r.owner, Description: r.description, Tags: merge(r.tags, nil),
		})
	}
	return out
}
