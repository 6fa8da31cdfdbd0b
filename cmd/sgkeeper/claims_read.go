package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

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
		return f, fmt.Errorf("unreadable: the document lacks what %d items hold (%s): write it with a newer sgkeeper",
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

var errClaims = errors.New("want what sgkeeper claims --output json prints")

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
		return errors.New(".receivedAt: absent: want a time such as 2026-12-01T00:00:00Z")
	}
	switch c.Status {
	case claim.Open, claim.Refused, claim.Expired, claim.Ended:
		return nil
	}
	return fmt.Errorf(".status: found %q: want open, refused, expired or ended", c.Status)
}

// readJSON reads one value, strictly.
func readJSON(data []byte, v any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return plainly(err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("something follows after its end")
	}
	return nil
}

// plainly returns an error about JSON without Go's types.
func plainly(err error) error {
	if err == io.EOF {
		return errors.New("it is empty")
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return fmt.Errorf("%s: found the wrong type, %s", wrong.Field, wrong.Value)
	} else if ok {
		return fmt.Errorf("found the wrong type, %s", wrong.Value)
	}
	if wrong, ok := errors.AsType[*time.ParseError](err); ok {
		return fmt.Errorf("found %q: want a time such as 2026-12-01T00:00:00Z", wrong.Value)
	}
	if key, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
		return fmt.Errorf("unknown key %s", key)
	}
	return fmt.Errorf("it cannot be read as JSON: %w", err)
}
