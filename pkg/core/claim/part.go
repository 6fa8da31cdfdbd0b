package claim

import (
	"fmt"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Part is a rule of an event before the rules of a request are merged. A fault that is found
// after the merge takes its field from it.
type Part struct {
	Rule    secgroup.Rule
	Element int // index of the element of the event's rules
	Peer    int // index of the peer in that element
}

// Field returns the JSON Pointer of the rule's peer, such as /rules/0/from/1.
func (p Part) Field() string {
	key := "from"
	if p.Rule.Direction == secgroup.Egress {
		key = "to"
	}
	return fmt.Sprintf("/rules/%d/%s/%d", p.Element, key, p.Peer)
}
