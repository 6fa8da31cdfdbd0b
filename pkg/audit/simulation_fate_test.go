package audit_test

import (
	"errors"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/dice"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// luck is the rate of each kind of fault in one simulation.
type luck struct {
	fault   float64       // probability that a call meets a fault
	slow    float64       // how often a call takes seconds
	skew    time.Duration // how far a clock is off at most
	timeout time.Duration // of an invocation
	twice   float64       // how often the queue delivers a message again that was deleted
}

// maxSkew is the largest difference of a function's clock from the true time.
const maxSkew = 3 * time.Minute

func newLuck(d dice.Seed) luck {
	r := d.Of("luck")
	return luck{
		fault:   dice.Pick(r, 0, 0.02, 0.05, 0.08),
		slow:    dice.Pick(r, 0, 0.05, 0.2),
		skew:    dice.Pick(r, 0, time.Second, maxSkew),
		timeout: dice.Pick(r, 40*time.Second, time.Minute, 5*time.Minute),
		twice:   dice.Pick(r, 0, 0.1),
	}
}

// fate is the result of one call.
type fate struct {
	name   string        // "" is a call that goes well
	before time.Duration // until it is applied
	after  time.Duration // until its reply is there
	apply  bool
	err    error   // the reply, if it is lost or refused
	kill   bool    // the process ends with it
	ever   bool    // the process meets it forever
	refuse float64 // the share of single events or findings that are refused
}

var errBroken = errors.New("the connection is broken")

// fateOf returns the fate of a call that says the same as others for the nth time.
func (l luck) fateOf(d dice.Seed, call simCall, occasion string) fate {
	r := d.Of(occasion)
	f := fate{apply: true, before: dice.Between(r, 2*time.Millisecond, 22*time.Millisecond),
		after: dice.Between(r, 2*time.Millisecond, 22*time.Millisecond)}
	if dice.Chance(r, l.slow) {
		f.name = "slow"
		*dice.Pick(r, &f.before, &f.after) += dice.Between(r, time.Second, dice.Pick(r, 4*time.Second, 20*time.Second))
	}
	if !dice.Chance(r, l.fault) {
		return f
	}
	switch k := r.IntN(20); {
	case k < 5:
		f.name, f.err = "reply lost", errBroken
	case k < 8:
		f.name, f.err, f.apply = "not applied", errBroken, false
	case k < 10:
		f.name, f.err, f.apply = "throttled", throttled(call), false
	case k < 11:
		f.name, f.err = "500 though applied", &fakeaws.Error{Code: "InternalFailure", Message: "simulated", Status: 500}
	case k < 14 && call.name != "PutEvents" && call.name != "findings":
		f.name, f.err, f.apply, f.ever = "broken for ever", errBroken, false, true
	case k < 14:
		f.name, f.refuse = "refused in part", dice.Pick(r, 0.3, 1)
	case k < 16:
		f.name, f.apply, f.kill = "killed before", false, true
	default:
		f.name, f.kill = "killed after", true
	}
	return f
}

func throttled(call simCall) error {
	code, status := "ThrottlingException", 400
	switch {
	case call.form != nil:
		code, status = "RequestLimitExceeded", 503
	case call.name == "Scan" || call.name == "Query":
		code = "ProvisionedThroughputExceededException"
	case strings.Contains(call.name, "."):
		code, status = "SlowDown", 503
	}
	return &fakeaws.Error{Code: code, Message: "simulated", Status: status}
}

// denial is an action that is denied for a while, or whose single events or findings are refused.
type denial struct {
	action string
	only   string // calls whose name contains it
	part   bool   // about half of the events or findings are refused
}

func (d denial) denies(call simCall) bool {
	return d.action != "" && !d.part && strings.Contains(call.name, d.only)
}

// denials are the denials, of which some worlds have one.
var denials = []denial{
	{action: "s3:PutObject"}, {action: "s3:PutObject", only: "latest.json"}, {action: "s3:PutObject", only: ".html"},
	{action: "s3:PutObject", only: "reports.json"}, {action: "s3:GetObject", only: "latest.json"},
	{action: "s3:GetObject", only: "exceptions"}, {action: "s3:GetObject", only: "head"}, {action: "s3:DeleteObject"},
	{action: "events:PutEvents"}, {action: "events:PutEvents", part: true},
	{action: "securityhub:BatchImportFindings"}, {action: "securityhub:BatchImportFindings", part: true},
	{action: "ssm:GetParameter"}, {action: "sqs:SendMessage"}, {action: "dynamodb:Scan"}, {action: "dynamodb:Query"},
	{action: "ec2:DescribeSecurityGroups"}, {action: "ec2:DescribeSecurityGroupRules"},
	{action: "ec2:DescribeStaleSecurityGroups"}, {action: "ec2:DescribeNetworkInterfaces"},
	{action: "ec2:DescribeManagedPrefixLists"}, {action: "ec2:GetManagedPrefixListEntries"},
}
