package events

import "github.com/sgkeeper/sgkeeper/pkg/secgroup"

// Part is a rule as the event asked for it, before the rules of one request were
// merged. It tells the field of a fault that is found once they are.
type Part struct {
	Rule    secgroup.Rule
	Element int // which element of the event's rules
	Peer    int // which peer of that element
}

// Field is the JSON Pointer of the peer that the rule was written with, such as
// /rules/0/from/1.
func (p Part) Field() string {
	key := "from"
	if p.Rule.Direction == secgroup.Egress {
		key = "to"
	}
	return string(pointer("/rules").index(p.Element).key(key).index(p.Peer))
}
