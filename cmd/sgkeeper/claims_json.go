package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/awscli"
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

	// Freezes names the chosen groups that are frozen. It is absent if there are none, so that an older sgkeeper
	// can read the document.
	Freezes []freezeJSON `json:"freezes,omitempty"`

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

// freezeJSON is a frozen group.
type freezeJSON struct {
	Group        string    `json:"group"`
	GroupAccount string    `json:"groupAccount"`
	Region       string    `json:"region"`
	Frozen       string    `json:"frozen"` // the reason
	FrozenBy     string    `json:"frozenBy,omitempty"`
	FrozenAt     time.Time `json:"frozenAt,omitzero"`
	FrozenUntil  time.Time `json:"frozenUntil,omitzero"`
}

func freezesJSONOf(frozen []dynamo.Headed) (freezes []freezeJSON) {
	for _, h := range frozen {
		f := h.Ledger.Frozen
		freezes = append(freezes,
			freezeJSON{h.Group.ID, h.Group.Account, h.Group.Region, f.Reason, f.By, f.At, f.Until})
	}
	return freezes
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

// claims reads the requests in an output of `sgkeeper claims --output json`. The installation
// is "" if the file names none.
func (s *source) claims(file string) (requests []claim.Request, installation plan.Installation, err error) {
	document, err := s.claimsFile(file)
	return document.requests, document.installation, err
}

// claimsFile is an output of `sgkeeper claims --output json`. Only --all prints refusals.
type claimsFile struct {
	requests     []claim.Request
	refusals     []claim.Refusal
	installation plan.Installation
}

func (s *source) claimsFile(file string) (f claimsFile, err error) {
	data, err := s.read(file)
	if err != nil {
		return f, err
	}
	var document struct {
		Installation plan.Installation  `json:"installation"`
		Claims       *[]json.RawMessage `json:"claims"`
		Refusals     []json.RawMessage  `json:"refusals"`
		Freezes      []freezeJSON       `json:"freezes"`
		Unrecorded   map[string]int     `json:"unrecorded"`
		Unreadable   []string           `json:"unreadable"`
	}
	if err := readJSON(bytes.TrimPrefix(data, []byte("\ufeff")), &document); err != nil {
		return f, fmt.Errorf("%w: %w", err, errClaims)
	}
	if document.Claims == nil {
		return f, fmt.Errorf("claims are absent: %w", errClaims)
	}
	if n := len(document.Unreadable); n > 0 {
		return f, fmt.Errorf("unreadable: the document lacks %d items that could not be read (%s): "+
			"write it with a newer sgkeeper",
			n, document.Unreadable[0])
	}
	for i, element := range *document.Claims {
		request, err := readClaim(element)
		if err != nil {
			return f, fmt.Errorf("claims[%d]%w", i, err)
		}
		f.requests = append(f.requests, request)
	}
	for i, element := range document.Refusals {
		refusal, err := readRefusal(element)
		if err != nil {
			return f, fmt.Errorf("refusals[%d]%w", i, err)
		}
		f.refusals = append(f.refusals, refusal)
	}
	f.installation = document.Installation
	return f, nil
}

// checkOwners fails for a request on a group that --rules describes in another account.
func checkOwners(requests []claim.Request, groups []awscli.Group) error {
	owners := make(map[string]string, len(groups))
	for _, g := range groups {
		owners[g.ID] = g.Owner
	}
	for i, r := range requests {
		if owner := owners[r.Group.ID]; owner != "" && owner != r.Group.Account {
			return fmt.Errorf("claims[%d].groupAccount: found %s, but by --rules %s belongs to %s",
				i, r.Group.Account, r.Group.ID, owner)
		}
	}
	return nil
}

var errClaims = errors.New("want the output of sgkeeper claims --output json")

// readClaim reads one claim. An error begins with the place in the claim.
func readClaim(data []byte) (claim.Request, error) {
	var c claimJSON[json.RawMessage]
	if err := readJSON(data, &c); err != nil {
		return claim.Request{}, fmt.Errorf(": %w", err)
	}
	if err := checkClaim(c); err != nil {
		return claim.Request{}, err
	}
	rules := make([]secgroup.Entry, len(c.Rules))
	for i, element := range c.Rules {
		if err := json.Unmarshal(element, &rules[i]); err != nil {
			return claim.Request{}, fmt.Errorf(".rules[%d]: %w", i, err)
		}
	}
	launch := claim.Launch{Account: c.Account, Namespace: c.Namespace, Name: c.Launch}
	asked := events.Request{Launch: launch, Rules: rules, ExpiresAt: c.ExpiresAt, Purpose: c.purpose()}
	r := asked.On(claim.Group{Account: c.GroupAccount, Region: c.Region, ID: c.Group}, c.ReceivedAt)
	r.Status, r.Finished, r.Reasons, r.Origin = c.Status, c.SettledAt, c.Reasons, c.origin()
	return r, nil
}

func checkClaim(c claimJSON[json.RawMessage]) error {
	switch {
	case c.Launch == "":
		return errors.New(".launch: want the launch's name")
	case !secgroup.IsAccount(c.Account):
		return fmt.Errorf(".account: found %q: want 12 digits", c.Account)
	case c.Namespace != "" && !claim.IsNamespace(c.Namespace):
		return fmt.Errorf(".namespace: found %q: want the name of a publisher of the guardrails", c.Namespace)
	case !secgroup.IsGroupID(c.Group):
		return fmt.Errorf(".group: found %q: want sg- and 8 to 17 hexadecimal digits in lower case", c.Group)
	case !secgroup.IsAccount(c.GroupAccount):
		return fmt.Errorf(".groupAccount: found %q: want 12 digits", c.GroupAccount)
	case len(c.Rules) == 0:
		return errors.New(".rules: want at least one rule")
	case c.ReceivedAt.IsZero():
		return errors.New(".receivedAt: absent: want a time such as 2031-12-01T00:00:00Z")
	}
	switch c.Status {
	case claim.Open, claim.Refused, claim.Expired, claim.Ended:
		return nil
	}
	return fmt.Errorf(".status: found %q: want open, refused, expired or ended", c.Status)
}
