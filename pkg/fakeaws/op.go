package fakeaws

import (
	"net/url"
	"strings"
)

// Op is one request as it reached the account: what faults, latencies and
// staleness decide by.
type Op struct {
	Service string // ec2, sts, dynamodb, sqs, events, lambda, s3, securityhub or ssm
	Name    string // the operation, such as AuthorizeSecurityGroupIngress
	Nth     int    // which request for this operation it is, from 1, since New or ResetCalls

	Form url.Values // the input of ec2 and sts, whom lambda invokes, and s3's bucket, key and headers; not to be changed
	Body []byte     // the input of the others, JSON, and s3's objects; not to be changed
}

// Action is the operation as IAM calls it: ec2:CreateTags.
func (o Op) Action() string { return o.Service + ":" + o.Name }

// actions are those that IAM asks about: besides the operation itself, CreateTags
// where it tags what it creates. To look at an object is to get it.
func (o Op) actions() []string {
	for key := range o.Form {
		if strings.HasPrefix(key, "TagSpecification.") {
			return []string{o.Action(), "ec2:CreateTags"}
		}
	}
	if o.Service == "s3" && o.Name == "HeadObject" {
		return []string{"s3:GetObject"}
	}
	return []string{o.Action()}
}
