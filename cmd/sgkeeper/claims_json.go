package main

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// claimsJSON is the output of `sgkeeper claims --output json`.
type claimsJSON struct {
	Installation plan.Installation           `json:"installation"`
	Claims       []claimJSON[secgroup.Entry] `json:"claims"`

	// Unreadable names items that this version cannot read. A document with such items is not
	// complete, so plan --claims refuses it.
	Unreadable []string `json:"unreadable,omitempty"`

	// Only with --all. They are absent if there are none, so that an older sgkeeper can read
	// the document.
	Refusals   []refusalJSON[secgroup.Entry] `json:"refusals,omitempty"`
	Unrecorded map[string]int                `json:"unrecorded,omitempty"` // events without a record, by publisher
}

// claimJSON is one request, with rules of a kind that is printed or read.
type claimJSON[R any] struct {
	Launch       string        `json:"launch"`
	Account      string        `json:"account"`             // the launch's
	Namespace    string        `json:"namespace,omitempty"` // the launch's: its publisher's name in the guardrails
	Group        string        `json:"group"`
	GroupAccount string        `json:"groupAccount"`
	Region       string        `json:"region"`
	Rules        []R           `json:"rules"`
	ReceivedAt   time.Time     `json:"receivedAt"`
	ExpiresAt    time.Time     `json:"expiresAt,omitzero"`
	Status       claim.Status  `json:"status"`
	SettledAt    time.Time     `json:"settledAt,omitzero"`
	Reasons      []claim.Fault `json:"reasons,omitempty"`
	whyJSON
}

func claimsJSONOf(installation plan.Installation, requests []claim.Request) claimsJSON {
	document := claimsJSON{Installation: installation, Claims: make([]claimJSON[secgroup.Entry], len(requests))}
	for i, r := range requests {
		document.Claims[i] = claimJSONOf(r)
	}
	return document
}

func claimJSONOf(r claim.Request) claimJSON[secgroup.Entry] {
	return claimJSON[secgroup.Entry]{
		Launch:       r.Launch.Name,
		Account:      r.Launch.Account,
		Namespace:    r.Launch.Namespace,
		Group:        r.Group.ID,
		GroupAccount: r.Group.Account,
		Region:       r.Group.Region,
		Rules:        orEmpty(r.Rules),
		ReceivedAt:   r.Received.UTC(),
		ExpiresAt:    r.ExpiresAt,
		Status:       r.Status,
		SettledAt:    r.Finished,
		Reasons:      r.Reasons,
		whyJSON:      whyJSONOf(r.Purpose, r.Origin),
	}
}
