package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// refusalJSON is one refused event, with rules of a kind that is printed or read.
type refusalJSON[R any] struct {
	Launch       string        `json:"launch"`          // "" if the event named none
	Account      string        `json:"account"`         // the launch's
	Group        string        `json:"group,omitempty"` // absent: unknown
	GroupName    string        `json:"groupName,omitempty"`
	VPC          string        `json:"vpc,omitempty"`
	GroupAccount string        `json:"groupAccount"`
	Region       string        `json:"region"`
	Publisher    string        `json:"publisher"`
	Event        string        `json:"event,omitempty"`
	SentAt       time.Time     `json:"sentAt"`
	RefusedAt    time.Time     `json:"refusedAt"`
	End          bool          `json:"end,omitempty"` // it was a Launch Ended
	Rules        []R           `json:"rules"`
	MoreRules    int           `json:"moreRules,omitempty"`
	Reasons      []claim.Fault `json:"reasons"`

	// Namespace is the launch's: its publisher's name in the guardrails.
	Namespace string `json:"namespace,omitempty"`
	whyJSON
}

func refusalsJSONOf(refusals []claim.Refusal) []refusalJSON[secgroup.Entry] {
	document := make([]refusalJSON[secgroup.Entry], len(refusals))
	for i, r := range refusals {
		document[i] = refusalJSONOf(r)
	}
	return document
}

func refusalJSONOf(r claim.Refusal) refusalJSON[secgroup.Entry] {
	rules := make([]secgroup.Entry, len(r.Rules))
	for i, rule := range r.Rules {
		rules[i].Rule = rule
	}
	return refusalJSON[secgroup.Entry]{
		Launch: r.Launch.Name, Account: r.Launch.Account,
		Group: r.Group.ID, GroupName: r.Group.Name, VPC: r.Group.VPC,
		GroupAccount: r.Group.Account, Region: r.Group.Region,
		Publisher: r.Publisher, Event: r.Event, SentAt: r.Sent.UTC(), RefusedAt: r.At.UTC(),
		End: r.End, Rules: rules, MoreRules: r.More, Reasons: orEmpty([]claim.Fault(r.Reasons)),
		Namespace: r.Launch.Namespace, whyJSON: whyJSONOf(r.Purpose, r.Origin),
	}
}

// readRefusal reads one refusal. An error begins with the place in the refusal.
func readRefusal(data []byte) (claim.Refusal, error) {
	var c refusalJSON[json.RawMessage]
	if err := readJSON(data, &c); err != nil {
		return claim.Refusal{}, fmt.Errorf(": %w", err)
	}
	if c.RefusedAt.IsZero() {
		return claim.Refusal{}, errors.New(".refusedAt: absent: want a time such as 2031-12-01T00:00:00Z")
	}
	r := claim.Refusal{
		Launch: claim.Launch{Account: c.Account, Namespace: c.Namespace, Name: c.Launch},
		Group: claim.GroupRef{ID: c.Group, Name: c.GroupName, VPC: c.VPC, Account: c.GroupAccount,
			Region: c.Region},
		Publisher: c.Publisher, Event: c.Event, Sent: c.SentAt, At: c.RefusedAt,
		End: c.End, More: c.MoreRules, Reasons: c.Reasons, Purpose: c.purpose(), Origin: c.origin(),
	}
	for i, element := range c.Rules {
		var entry secgroup.Entry
		if err := json.Unmarshal(element, &entry); err != nil {
			return claim.Refusal{}, fmt.Errorf(".rules[%d]: %w", i, err)
		}
		r.Rules = append(r.Rules, entry.Rule)
	}
	return r, nil
}
