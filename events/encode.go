package events

import (
	"encoding/json"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// requestDetail is the detail of a Request.
type requestDetail struct {
	Launch    string       `json:"launch"`
	Group     any          `json:"group,omitempty"`
	Rules     []ruleDetail `json:"rules,omitempty"`
	ExpiresAt *time.Time   `json:"expiresAt,omitempty"`
	Requester string       `json:"requester,omitempty"`
	Reason    string       `json:"reason,omitempty"`
	Ticket    string       `json:"ticket,omitempty"`
}

type ruleDetail struct {
	Protocol    string      `json:"protocol"`
	Ports       string      `json:"ports,omitempty"`
	ICMP        *icmpDetail `json:"icmp,omitempty"`
	From        []string    `json:"from,omitempty"`
	To          []string    `json:"to,omitempty"`
	Description string      `json:"description,omitempty"`
}

type icmpDetail struct {
	Type int32 `json:"type"`
	Code int32 `json:"code"`
}

// MarshalJSON writes the detail that a [Decoder] reads as r. It leaves out the publisher's
// account, which belongs to the envelope, and remarks.
func (r Request) MarshalJSON() ([]byte, error) {
	d := requestDetail{
		Launch: r.Launch.Name, Group: r.Group.detail(),
		Requester: r.Purpose.Requester, Reason: r.Purpose.Reason, Ticket: r.Purpose.Ticket,
	}
	for _, e := range r.Rules {
		d.Rules = append(d.Rules, ruleOf(e))
	}
	if !r.ExpiresAt.IsZero() {
		expiry := r.ExpiresAt.UTC()
		d.ExpiresAt = &expiry
	}
	return json.Marshal(d)
}

// MarshalJSON writes the detail that a [Decoder] reads as e.
func (e End) MarshalJSON() ([]byte, error) {
	d := struct {
		Launch string `json:"launch"`
		Group  any    `json:"group,omitempty"`
	}{Launch: e.Launch.Name}
	if e.Group != nil {
		d.Group = e.Group.detail()
	}
	return json.Marshal(d)
}

// detail returns the group's id if the id identifies it, an object for any other group, and nil
// for no group.
func (g Group) detail() any {
	switch {
	case g.ID == "" && g.Name == "" && g.VPC == "":
		return nil
	case g == (Group{ID: g.ID}):
		return g.ID
	}
	return namedGroup(g)
}

func ruleOf(e secgroup.Entry) ruleDetail {
	r := ruleDetail{Protocol: e.Rule.Protocol.String(), Description: e.Description}
	switch {
	case e.Rule.Protocol.HasPorts():
		r.Ports = e.Rule.Ports.String()
	case e.Rule.Ports != secgroup.NoPorts:
		r.ICMP = &icmpDetail{e.Rule.Ports.First, e.Rule.Ports.Last}
	}
	peer := []string{e.Rule.Peer.String()}
	if e.Rule.Direction == secgroup.Egress {
		r.To = peer
	} else {
		r.From = peer
	}
	return r
}
