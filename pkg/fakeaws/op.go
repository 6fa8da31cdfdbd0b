package fakeaws

import (
	"net/url"
	"strings"
)

// Op is one request as it reached the account: what faults, latencies and
// staleness decide by.
type Op struct {
	Service string // ec2, sts, dynamodb, sqs, events or lambda
	Name    string // the operation, such as AuthorizeSecurityGroupIngress
	Nth     int    // which request for this operation it is, from 1, since New or ResetCalls

	Form url.Values // the input of ec2 and sts, and whom lambda invokes; not to be changed
	Body []byte     // the input of the others, JSON; not to be changed
}

// Action is the operation as IAM calls it: ec2:CreateTags.
func (o Op) Action() string { return o.Service + ":" + o.Name }

// actions are those that IAM asks about: besides the operation itself, CreateTags
// where it tags what it creates.
func (o Op) actions() []string {
	for key := range o.Form {
		if strings.HasPrefix(key, "TagSpecification.") {
			return []string{o.Action(), "ec2:CreateTags"}
		}
	}
	return []string{o.Action()}
}
