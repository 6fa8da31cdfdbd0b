package claim

import (
	"fmt"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Fault is one fault of an event. Field is a JSON Pointer (RFC 6901) within the detail, or ""
// for the whole event. An absent key has the pointer that it would have. Problem names the
// value found, the values allowed and, if useful, the remedy.
type Fault struct {
	Field   string `json:"field"`
	Problem string `json:"problem"`
}

// String returns the problem, after its field.
func (f Fault) String() string {
	if f.Field == "" {
		return f.Problem
	}
	return f.Field + ": " + f.Problem
}

// Faults holds all faults of one event. It is an error.
type Faults []Fault

// Error returns all faults in one line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "; ")
}

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
