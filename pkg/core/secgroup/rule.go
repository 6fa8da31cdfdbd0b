package secgroup

import (
	"cmp"
	"strconv"
)

// Rule is the identity of a rule in EC2. Make one with [New] or [ParseRule], which return
// canonical rules: rules that are equal for EC2 are ==, except for an unnamed owner (see
// [Rule.Matches]).
type Rule struct {
	Direction Direction
	Protocol  Protocol
	Ports     Ports // NoPorts if the protocol has none
	Peer      Peer
}

// New returns the canonical rule, as EC2 stores it. It drops ports if the protocol has none.
// Every ICMP type implies every code.
func New(d Direction, proto Protocol, ports Ports, peer Peer) Rule {
	switch {
	case proto.HasPorts():
		if ports == NoPorts {
			ports = AllPorts
		}
	case !proto.HasTypes() || ports.First < 0:
		ports = NoPorts
	}
	return Rule{d, proto, ports, peer}
}

// In returns the rule as EC2 describes it in the group of that id and owner. Self and the bare
// id become that group. For example, all from self becomes all from 111122223333/sg-0aaaaaaaa.
// An unknown owner is "".
func (r Rule) In(owner, group string) Rule {
	if account, id, ok := r.Peer.Group(); r.Peer == Self || ok && id == group && account == "" {
		r.Peer = GroupOf(owner, group)
	}
	return r
}

// Seen returns the rule as seen from the group of that id. If the rule refers to that group,
// its peer becomes Self.
func (r Rule) Seen(group string) Rule {
	if _, id, ok := r.Peer.Group(); ok && id == group {
		r.Peer = Self
	}
	return r
}

// Matches reports whether EC2 takes r and q for the same rule. EC2 compares groups by id
// alone: see [Peer.Matches].
func (r Rule) Matches(q Rule) bool {
	return r.Direction == q.Direction && r.Protocol == q.Protocol && r.Ports == q.Ports && r.Peer.Matches(q.Peer)
}

// WithoutOwner returns the rule without the owner of the group that it refers to. Rules that
// match have the same result, so it can key a map.
func (r Rule) WithoutOwner() Rule {
	if _, id, ok := r.Peer.Group(); ok {
		r.Peer = Group(id)
	}
	return r
}

// Compare orders rules by direction, protocol, ports and peer. Rules are printed in this
// order.
func (r Rule) Compare(q Rule) int { return compareRules(&r, &q) }

func compareRules(r, q *Rule) int {
	if c := compareKin(r, q); c != 0 {
		return c
	}
	return r.Peer.compareOwners(&q.Peer)
}

// compareKin is Compare without the owners of groups. Rules that match compare equal.
func compareKin(r, q *Rule) int {
	switch {
	case r.Direction != q.Direction:
		return cmp.Compare(r.Direction, q.Direction)
	case r.Protocol != q.Protocol:
		return cmp.Compare(r.Protocol, q.Protocol)
	case r.Ports.First != q.Ports.First:
		return cmp.Compare(r.Ports.First, q.Ports.First)
	case r.Ports.Last != q.Ports.Last:
		return cmp.Compare(r.Ports.Last, q.Ports.Last)
	}
	return r.Peer.compareKin(&q.Peer)
}

// String returns the text that [ParseRule] reads, such as "tcp 443 from 10.0.0.0/8", "icmp 3/4
// from 0.0.0.0/0" or "all to self".
func (r Rule) String() string {
	text := r.Protocol.String()
	if r.Protocol == All {
		text = "all"
	}
	if traffic := r.traffic(); traffic != "" {
		text += " " + traffic
	}
	return text + " " + r.Direction.preposition() + " " + r.Peer.String()
}

// traffic returns the part of a rule's text between protocol and peer.
func (r Rule) traffic() string {
	switch {
	case r.Protocol.HasPorts():
		return r.Ports.String()
	case !r.Protocol.HasTypes() || r.Ports == NoPorts:
		return ""
	case r.Ports.Last < 0:
		return strconv.Itoa(int(r.Ports.First))
	}
	return strconv.Itoa(int(r.Ports.First)) + "/" + strconv.Itoa(int(r.Ports.Last))
}
