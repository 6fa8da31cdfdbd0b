package secgroup

// Direction is the direction of the traffic that a rule admits.
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

// preposition returns the word before the peer in a rule's text: "from" or "to".
func (d Direction) preposition() string {
	if d == Egress {
		return "to"
	}
	return "from"
}
