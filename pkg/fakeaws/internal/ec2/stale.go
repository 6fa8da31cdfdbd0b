package ec2

import (
	"fmt"
	"time"
)

type stalePairXML struct {
	GroupID string `xml:"groupId"`
	UserID  string `xml:"userId,omitempty"`
	Peering string `xml:"vpcPeeringConnectionId,omitempty"`
	Status  string `xml:"peeringStatus,omitempty"`
}

type stalePermissionXML struct {
	Protocol string             `xml:"ipProtocol"`
	FromPort *int               `xml:"fromPort"`
	ToPort   *int               `xml:"toPort"`
	Groups   list[stalePairXML] `xml:"groups"`
}

type staleGroupXML struct {
	ID      string                   `xml:"groupId"`
	Name    string                   `xml:"groupName"`
	VPC     string                   `xml:"vpcId"`
	Ingress list[stalePermissionXML] `xml:"staleIpPermissions"`
	Egress  list[stalePermissionXML] `xml:"staleIpPermissionsEgress"`
}

type describeStaleReply struct {
	head
	Groups    list[staleGroupXML] `xml:"staleSecurityGroupSet"`
	NextToken string              `xml:"nextToken,omitempty"`
}

// maxStalePage is smaller than the limit of other describes.
const maxStalePage = 255

// describeStale lists the groups of a VPC that refer to deleted groups.
func (s *Service) describeStale(c call) (reply, error) {
	if !c.has("VpcId") {
		return nil, missing("vpcId")
	}
	if err := checkID("vpc", c.text("VpcId")); err != nil {
		return nil, err
	}
	if n, ok, err := c.number("MaxResults"); err != nil || ok && n > maxStalePage {
		return nil, failf("InvalidParameterValue", "Value ( %d ) for parameter maxResults is invalid. "+
			"Expecting a value between 5 and %d.", n, maxStalePage)
	}
	rows, next, err := s.stalePages.page(c, func() ([]staleGroupXML, error) { return s.staleGroups(c), nil })
	return &describeStaleReply{Groups: list[staleGroupXML]{rows}, NextToken: next}, err
}

func (s *Service) staleGroups(c call) (rows []staleGroupXML) {
	for _, g := range s.sorted(c) {
		if g.vpc != c.text("VpcId") {
			continue
		}
		x := staleGroupXML{ID: g.id, Name: g.name, VPC: g.vpc}
		for _, r := range g.rulesAt(c.view) {
			if r.peer.group == "" || s.exists(c, r.peer.group) {
				continue
			}
			if p := stalePermission(r); r.egress {
				x.Egress.Item = append(x.Egress.Item, p)
			} else {
				x.Ingress.Item = append(x.Ingress.Item, p)
			}
		}
		if len(x.Ingress.Item)+len(x.Egress.Item) > 0 {
			rows = append(rows, x)
		}
	}
	return rows
}

// exists reports whether a group of any owner exists.
func (s *Service) exists(c call, id string) bool {
	g := s.groups[id]
	return g != nil && s.visible(g, c.now, c.view)
}

func stalePermission(r rule) stalePermissionXML {
	p := stalePermissionXML{Protocol: r.protocol}
	if r.hasPorts() {
		p.FromPort, p.ToPort = &r.from, &r.to
	}
	p.Groups.Item = []stalePairXML{{GroupID: r.peer.group, UserID: r.owner}}
	return p
}

// RemoveGroup removes a group as the owner of a peered VPC would. Rules may still refer to it,
// and are stale from then on.
func (s *Service) RemoveGroup(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[id]
	if g == nil {
		return fmt.Errorf("there is no group %s", id)
	}
	now := time.Now()
	for _, rule := range g.held {
		g.rules[rule].end(now)
	}
	clear(g.held)
	g.life.end(now)
	return nil
}
