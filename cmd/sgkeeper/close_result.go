package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// closedStatus: the end was served in every group.
const closedStatus sentStatus = "closed"

// closed is the output of `sgkeeper close`.
type closed struct {
	Launch string     `json:"launch"`
	Group  string     `json:"group,omitempty"` // "" is every group
	Status sentStatus `json:"status"`
	served []servedGroup
}

// servedGroup is a group in which an end was served.
type servedGroup struct {
	Group   string        `json:"group"`
	Reasons []claim.Fault `json:"reasons"` // such as that the group is frozen
}

// MarshalJSON writes the groups in which the end was served. They are known only after a wait.
func (o closed) MarshalJSON() ([]byte, error) {
	type plain closed
	return json.Marshal(struct {
		plain
		Served []servedGroup `json:"served"`
	}{plain(o), orEmpty(o.served)})
}

func (o closed) print(w, notes io.Writer, f format) error {
	for _, g := range o.served {
		for _, why := range g.Reasons {
			fmt.Fprintf(notes, "note: %s: %s\n", printable(g.Group), printable(why.Problem))
		}
	}
	if f == jsonFormat {
		return console.WriteJSON(w, o)
	}
	_, err := fmt.Fprintf(w, "%s: %s on %s\n", o.Status, o.Launch, o.where())
	return err
}

// where names the groups.
func (o closed) where() string {
	if o.Group != "" {
		return o.Group
	}
	if o.Status != closedStatus {
		return "all its groups"
	}
	names := make([]string, len(o.served))
	for i, g := range o.served {
		names[i] = printable(g.Group)
	}
	if len(names) == 0 {
		return "no group: the launch had no request"
	}
	return strings.Join(names, ", ")
}
