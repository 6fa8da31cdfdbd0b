package ensure_test

import (
	"fmt"
	"maps"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// The oracle has its own model of a rule's meaning: a small world of ports and addresses, and
// for each rule its set of points. It shares no code with package secgroup.
//
// Large launches request single ports beyond the small world. Two such rules overlap only if
// they have the same port.

const (
	basePort = 8000
	ports    = 16
	farPort  = 10000 // the first one beyond the small world
)

// simRule is a rule of the small world.
type simRule struct {
	egress      bool
	protocol    string // tcp or udp; -1 for both
	first, last int    // from basePort
	peer        string
}

// String returns the rule in text form.
func (r simRule) String() string {
	way := "from"
	if r.egress {
		way = "to"
	}
	return fmt.Sprintf("%s %d-%d %s %s", r.protocol, r.first, r.last, way, r.peer)
}

// atoms returns the addresses of a peer, one bit each.
func atoms(peer string) uint8 {
	switch peer {
	case "10.0.0.0/9":
		return 1
	case "10.128.0.0/9":
		return 2
	case "10.0.0.0/8":
		return 1 | 2
	case "0.0.0.0/0":
		return 1 | 2 | 4
	case "2001:db8::/32":
		return 8
	case "::/0":
		return 8 | 16
	case simPeerGroup:
		return 32
	}
	return 0 // a peer that no wish names
}

// space is the set of points that some rules allow. Within the small world, it has the atoms
// by direction, protocol and port. Beyond it, far has the atoms of each port, and by direction
// those of rules for all traffic.
type space struct {
	near [2][2][ports]uint8
	far  map[farPoint]uint8
	all  [2]uint8
}

// farPoint is a port beyond the small world.
type farPoint struct {
	egress   bool
	protocol string
	port     int
}

// far reports whether the rule is for a port beyond the small world.
func (r simRule) far() bool { return r.first >= farPort }

// way returns the index of the rule's direction.
func (r simRule) way() int {
	if r.egress {
		return 1
	}
	return 0
}

func (r simRule) farPoint() farPoint { return farPoint{r.egress, r.protocol, r.first} }

// clone returns a copy of s.
func (s space) clone() space {
	s.far = maps.Clone(s.far)
	return s
}

func (s *space) add(r simRule) {
	if r.far() {
		if s.far == nil {
			s.far = make(map[farPoint]uint8)
		}
		s.far[r.farPoint()] |= atoms(r.peer)
		return
	}
	way := r.way()
	if r.protocol == "-1" {
		s.all[way] |= atoms(r.peer)
	}
	for p, protocol := range []string{"tcp", "udp"} {
		if r.protocol != protocol && r.protocol != "-1" {
			continue
		}
		for port := range ports {
			if n := basePort + port; r.protocol == "-1" || r.first <= n && n <= r.last {
				s.near[way][p][port] |= atoms(r.peer)
			}
		}
	}
}

// admits reports whether every point of a rule is admitted.
func (s *space) admits(r simRule) bool {
	if r.far() {
		return atoms(r.peer)&^(s.far[r.farPoint()]|s.all[r.way()]) == 0
	}
	var want space
	want.add(r)
	for way := range want.near {
		for p := range want.near[way] {
			for port, atoms := range want.near[way][p] {
				if atoms&^s.near[way][p][port] != 0 {
					return false
				}
			}
		}
	}
	return true
}

// simRuleOf converts a rule of the embedded account.
func simRuleOf(r fakeaws.Rule) simRule {
	return simRule{r.Egress, r.Protocol, r.FromPort, r.ToPort, r.Peer}
}

// fake converts the rule for the embedded account.
func (r simRule) fake() fakeaws.Rule {
	return fakeaws.Rule{Egress: r.egress, Protocol: r.protocol, FromPort: r.first, ToPort: r.last, Peer: r.peer}
}

// families returns how many entries of the IPv4 and the IPv6 quota a rule uses.
func (r simRule) families() (v4, v6 int) {
	switch a := atoms(r.peer); {
	case a&(8|16) != 0:
		return 0, 1
	case a&(1|2|4) != 0, r.peer == office:
		return 1, 0
	}
	return 1, 1 // a group
}

// overlaps reports whether some point is admitted by both rules.
func (r simRule) overlaps(o simRule) bool {
	if r.far() || o.far() {
		return r.farPoint() == o.farPoint() && atoms(r.peer)&atoms(o.peer) != 0
	}
	var a, b space
	a.add(r)
	b.add(o)
	for way := range a.near {
		for p := range a.near[way] {
			for port, atoms := range a.near[way][p] {
				if atoms&b.near[way][p][port] != 0 {
					return true
				}
			}
		}
	}
	return false
}
