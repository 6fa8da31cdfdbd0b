package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// pollEvery is how often a group is read: EC2 lets an account describe rules 20
// times a second, which many who wait must share.
const pollEvery = 2 * time.Second

// rulesReader reads what stands in a group.
type rulesReader interface {
	Rules(ctx context.Context, group claim.Group) ([]secgroup.Entry, error)
}

// waitFor reads a group until it admits all rules, or ctx ends; then the error
// names those that it does not admit, which are returned too.
func waitFor(ctx context.Context, groups rulesReader, group claim.Group, asked []secgroup.Entry) ([]secgroup.Rule, error) {
	wanted := secgroup.Rules(asked)
	missing := secgroup.Compare(wanted, secgroup.Set{}).Missing
	for {
		entries, err := groups.Rules(ctx, group)
		switch {
		case ctx.Err() != nil:
			return missing, stillMissing(ctx, missing)
		case err != nil:
			return missing, fmt.Errorf("the request was published, but the group cannot be read: %w", err)
		}
		if missing = secgroup.Compare(wanted, secgroup.Rules(entries)).Missing; len(missing) == 0 {
			return nil, nil
		}
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return missing, stillMissing(ctx, missing)
		}
	}
}

func stillMissing(ctx context.Context, missing []secgroup.Rule) error {
	var text strings.Builder
	text.WriteString("the request was published, but these rules are still missing")
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		text.WriteString(" at the end of --timeout")
	}
	text.WriteString(":\n")
	for _, rule := range missing {
		fmt.Fprintf(&text, "  %s\n", rule)
	}
	text.WriteString("sgkeeper may have refused them: look for Launch Rejected on the bus, or in the function's log")
	return errors.New(text.String())
}
