package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// sentStatus is the last known status of a sent request or end.
type sentStatus string

const (
	requestedStatus sentStatus = "requested" // the bus, the queue or the function accepted it
	openStatus      sentStatus = "open"      // and a round has served it
	observedStatus  sentStatus = "observed"  // it is recorded, and sgkeeper writes nothing
)

// opened is the output of `sgkeeper open`. Reasons are known only after a wait.
type opened struct {
	Launch    string           `json:"launch"`
	Group     string           `json:"group"`
	Status    sentStatus       `json:"status"`
	Rules     []secgroup.Entry `json:"rules"`
	Reasons   []claim.Fault    `json:"reasons"`
	ExpiresAt time.Time        `json:"expiresAt,omitzero"`
}

func newOpened(r events.Request) opened {
	rules := r.Rules
	if r.Group.ID != "" {
		rules = r.On(claim.Group{ID: r.Group.ID}, time.Time{}).Rules
	}
	return opened{Launch: r.Launch.Name, Group: groupText(r.Group), Rules: rules, ExpiresAt: r.ExpiresAt}
}

// MarshalJSON writes an empty list as [], never as null.
func (o opened) MarshalJSON() ([]byte, error) {
	type plain opened
	o.Reasons = orEmpty(o.Reasons)
	return json.Marshal(plain(o))
}

func (o opened) print(w io.Writer, f format) error {
	if f == jsonFormat {
		return console.WriteJSON(w, o)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s on %s\n", o.Status, o.Launch, o.Group)
	for _, rule := range o.Rules {
		fmt.Fprintf(&text, "  %s\n", ruleText(rule, o.Group))
	}
	if !o.ExpiresAt.IsZero() {
		fmt.Fprintf(&text, "until %s\n", o.ExpiresAt.Format(time.RFC3339))
	}
	_, err := io.WriteString(w, text.String())
	return err
}
