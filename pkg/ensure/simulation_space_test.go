package ensure_test

import (
	"fmt"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// The oracle has its own idea of what a rule admits: a small world of ports and
// addresses, and for each rule the set of points in it. It shares no code with
// package secgroup.

const (
	basePort = 8000
	ports    = 16
)

// simRule is a rule of the small world.
type simRule struct {
	egress      bool
	protocol    string // tcp or udp; -1 for both
	first, last int    // from basePort
	peer        string
}

// String returns the rule as people write it.
func (r simRule) String() string {
	way := "from"
	if r.egress {
		way = "to"
	}
	return fmt.Sprintf("%s %d-%d %s %s", r.protocol, r.first, r.last, way, r.peer)
}

// atoms are the addresses that a peer holds, one bit each.
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
	return 0 // a peer that nobody asks for
}

// space tells of each point of the small world whether it is admitted: by
// direction, protocol and port the atoms.
type space [2][2][ports]uint8

// add admits what a rule admits.
func (s *space) add(r simRule) {
	way := 0
	if r.egress {
		way = 1
	}
	for p, protocol := range []string{"tcp", "udp"} {
		if r.protocol != protocol && r.protocol != "-1" {
			continue
		}
		for port := range ports {
			if n := basePort + port; r.protocol == "-1" || r.first <= n && n <= r.last {
				s[way][p][port] |= atoms(r.peer)
			}
		}
	}
}

// admits reports whether every point of a rule is admitted.
func (s *space) admits(r simRule) bool {
	var want space
	want.add(r)
	for way := range want {
		for p := range want[way] {
			for port := range want[way][p] {
				if want[way][p][port]&^s[way][p][port] != 0 {
					return false
				}
			}
		}
	}
	return true
}

// simRuleOf is a rule of the embedded account.
func simRuleOf(r fakeaws.Rule) simRule {
	return simRule{r.Egress, r.Protocol, r.FromPort, r.ToPort, r.Peer}
}

// fake is the rule as the embedded account takes it.
func (r simRule) fake() fakeaws.Rule {
	return fakeaws.Rule{Egress: r.egress, Protocol: r.protocol, FromPort: r.first, ToPort: r.last, Peer: r.peer}
}

// families returns what a rule counts in IPv4 and in IPv6.
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
	var a, b space
	a.add(r)
	b.add(o)
	for way := range a {
		for p := range a[way] {
			for port := range a[way][p] {
				if a[way][p][port]&b[way][p][port] != 0 {
					return true
				}
			}
		}
	}
	return false
}
