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
	return out, a.publishChanges()
}

// publishChanges emits the state changes of instances on the account's default bus.
func (a *Account) publishChanges() error {
	for _, c := range a.ec2.Changes() {
		detail, err := json.Marshal(map[string]string{"instance-id": c.ID, "state": c.State})
		if err != nil {
			return err
		}
		arn := fmt.Sprintf("arn:aws:ec2:%s:%s:instance/%s", a.opts.Region, a.opts.ID, c.ID)
		if _, err := a.Emit(Entry{
			Source: "aws.ec2", DetailType: "EC2 Instance State-change Notification", Detail: string(detail),
			Resources: []string{arn},
		}); err != nil {
			return err
		}
	}
	return nil
}

// Throttle turns EC2's token buckets on, with full buckets, or off. They start off. If its
// bucket is empty, a request fails with RequestLimitExceeded.
func (a *Account) Throttle(on bool) { a.ec2.SetThrottle(on) }

// SecurityGroup is a group that a test or a demonstration creates.
type SecurityGroup = ec2.SecurityGroup

// Rule is one security group rule: direction, protocol, ports and peer, with its id,
// description and tags.
type Rule = ec2.Rule

// PrefixList is a managed prefix list, of the account or of AWS.
type PrefixList = ec2.PrefixList

// PrefixListEntry is one network of a prefix list.
type PrefixListEntry = ec2.PrefixListEntry

// AddSecurityGroup adds a group without an API call, and returns its id. It panics if EC2
// would refuse the group, because that is a mistake in the calling program.
func (a *Account) AddSecurityGroup(g SecurityGroup) string {
	id, err := a.ec2.AddGroup(g)
	if err != nil {
		panic("fakeaws: AddSecurityGroup: " + err.Error())
	}
	return id
}

// RemoveSecurityGroup removes a group as the owner of a peered VPC would. Rules that refer to
// it stay, and are stale. It panics if the group does not exist.
func (a *Account) RemoveSecurityGroup(id string) {
	if err := a.ec2.RemoveGroup(id); err != nil {
		panic("fakeaws: RemoveSecurityGroup: " + err.Error())
	}
}

// AddPrefixList adds a prefix list, or the next version of an existing one, and returns its
// id. It panics if EC2 would refuse the list.
func (a *Account) AddPrefixList(l PrefixList) string {
	id, err := a.ec2.PutPrefixList(l)
	if err != nil {
		panic("fakeaws: AddPrefixList: " + err.Error())
	}
	return id
}

// AddRule adds a rule as an outsider would, and returns its id. It makes the checks of
// Authorize, and returns an *Error if one fails.
func (a *Account) AddRule(group string, r Rule) (string, error) { return a.ec2.AddRule(group, r) }

// RemoveRule removes the rule of the given id, as an outsider would.
func (a *Account) RemoveRule(id string) error { return a.ec2.RemoveRule(id) }

// Rules returns the current rules of a group, sorted by rule id, even if describes lag. If the
// group does not exist, it returns nil.
func (a *Account) Rules(group string) []Rule { return a.ec2.Rules(group) }
