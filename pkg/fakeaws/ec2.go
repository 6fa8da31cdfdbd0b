package fakeaws

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/ec2"
)

func (a *Account) callEC2(_ context.Context, op Op, requestID string) ([]byte, error) {
	var age time.Duration
	if a.opts.Stale != nil && strings.HasPrefix(op.Name, "Describe") {
		age = max(0, a.opts.Stale(op))
	}
	out, err := a.ec2.Call(ec2.Request{ID: requestID, Op: op.Name, Form: op.Form, Age: age})
	if err != nil {
		return nil, err
	}
	return out, a.tellChanges()
}

// tellChanges puts events about instances on the account's default bus.
func (a *Account) tellChanges() error {
	for _, c := range a.ec2.Changes() {
		detail, err := json.Marshal(map[string]string{"instance-id": c.ID, "state": c.State})
		if err != nil {
			return err
		}
		arn := fmt.Sprintf("arn:aws:ec2:%s:%s:instance/%s", a.opts.Region, a.opts.ID, c.ID)
		if _, err := a.Emit(Entry{
			Source: "aws.ec2", DetailType: "EC2 Instance State-change Notification", Detail: string(detail), Resources: []string{arn},
		}); err != nil {
			return err
		}
	}
	return nil
}

// Throttle turns EC2's token buckets on, full, or off, as they are at first.
// A request that finds its bucket empty is answered RequestLimitExceeded.
func (a *Account) Throttle(on bool) { a.ec2.SetThrottle(on) }

// SecurityGroup is a group as a test or a demonstration sets it up.
type SecurityGroup = ec2.SecurityGroup

// Rule is one security group rule: its direction, protocol, ports and peer, and
// what is no part of its identity, the id, description and tags.
type Rule = ec2.Rule

// PrefixList is a managed prefix list, the account's own or one of AWS.
type PrefixList = ec2.PrefixList

// PrefixListEntry is one network of a prefix list.
type PrefixListEntry = ec2.PrefixListEntry

// AddSecurityGroup adds a group, past the API and the counting of calls, and
// returns its id. It panics on a group that EC2 would refuse: a mistake in the
// program that sets it up.
func (a *Account) AddSecurityGroup(g SecurityGroup) string {
	id, err := a.ec2.AddGroup(g)
	if err != nil {
		panic("fakeaws: AddSecurityGroup: " + err.Error())
	}
	return id
}

// RemoveSecurityGroup removes a group as the owner of a peered VPC would: rules
// that refer to it stay, and are stale. It panics where there is no such group.
func (a *Account) RemoveSecurityGroup(id string) {
	if err := a.ec2.RemoveGroup(id); err != nil {
		panic("fakeaws: RemoveSecurityGroup: " + err.Error())
	}
}

// AddPrefixList adds a prefix list, or gives the one of the same id its next
// version, and returns the id. It panics on one that EC2 would refuse.
func (a *Account) AddPrefixList(l PrefixList) string {
	id, err := a.ec2.PutPrefixList(l)
	if err != nil {
		panic("fakeaws: AddPrefixList: " + err.Error())
	}
	return id
}

// AddRule adds a rule as an outsider would and returns its id. It is subject to
// the checks of Authorize, so its error is an *Error.
func (a *Account) AddRule(group string, r Rule) (string, error) { return a.ec2.AddRule(group, r) }

// RemoveRule removes the rule of the given id, as an outsider would.
func (a *Account) RemoveRule(id string) error { return a.ec2.RemoveRule(id) }

// Rules returns what a group holds at this moment, sorted by rule id, whatever
// describes are told; nil where there is no such group.
func (a *Account) Rules(group string) []Rule { return a.ec2.Rules(group) }
