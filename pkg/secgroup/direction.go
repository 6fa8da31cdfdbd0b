package secgroup

// Direction says which way a rule admits traffic.
type Direction uint8

const (
	Ingress Direction = iota // to the group's members, from the peer
	Egress                   // from the group's members, to the peer
)

// String returns "ingress" or "egress".
func (d Direction) String() string {
	if d == Egress {
		return "egress"
	}
	return "ingress"
}

// preposition stands before the peer in a rule's text: "from" or "to".
func (d Direction) preposition() string {
	if d == Egress {
		return "to"
	}
	return "from"
}
