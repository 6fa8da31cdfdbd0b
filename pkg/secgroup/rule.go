package secgroup

import (
	"cmp"
	"strconv"
)

// Rule is one rule's identity in EC2. Make one with [New] or [ParseRule], which
// keep the invariant that equal rules are ==.
type Rule struct {
	Direction Direction
	Protocol  Protocol
	Ports     Ports // NoPorts where the protocol has none
	Peer      Peer
}

// New returns the canonical rule of its parts, as EC2 would store it: ports are
// dropped where the protocol has none, and every ICMP type means every code.
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

// In returns the rule as it stands in the group of that id and owner: Self and
// the bare id become the group as EC2 reads it back. An unknown owner is "".
func (r Rule) In(owner, group string) Rule {
	if account, id, ok := r.Peer.Group(); r.Peer == Self || ok && id == group && account == "" {
		r.Peer = GroupOf(owner, group)
	}
	return r
}

// Seen returns the rule as it is seen from within the group of that id, whoever
// owns it: where it refers to that group, its peer is Self.
func (r Rule) Seen(group string) Rule {
	if _, id, ok := r.Peer.Group(); ok && id == group {
		r.Peer = Self
	}
	return r
}

// Matches reports whether r and q are the same rule for EC2, which compares
// groups by id alone: see [Peer.Matches].
func (r Rule) Matches(q Rule) bool {
	return r.Direction == q.Direction && r.Protocol == q.Protocol && r.Ports == q.Ports && r.Peer.Matches(q.Peer)
}

// WithoutOwner returns the rule without the owner of the group that it refers
// to, if it refers to one. Rules that match one another have the same, so that it
// may be the key of what is known of either.
func (r Rule) WithoutOwner() Rule {
	if _, id, ok := r.Peer.Group(); ok {
		r.Peer = Group(id)
	}
	return r
}

// Compare orders rules by direction, protocol, ports and peer: the order in
// which rules are printed.
func (r Rule) Compare(q Rule) int { return compareRules(&r, &q) }

func compareRules(r, q *Rule) int {
	if c := compareKin(r, q); c != 0 {
		return c
	}
	return r.Peer.compareOwners(&q.Peer)
}

// compareKin is Compare without regard to who owns a group, so that the rules
// which match one another are among those that compare equal.
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

// String returns the text that [ParseRule] reads, such as "tcp 443 from
// 10.0.0.0/8", "icmp 3/4 from 0.0.0.0/0" or "all to self".
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

// traffic is the part of a rule's text between protocol and peer.
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
