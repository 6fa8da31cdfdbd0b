package fakeaws

import (
	"net/url"
	"strings"
)

// Op is one request that reached the account. Options and hooks decide by it.
type Op struct {
	Service string // ec2, sts, dynamodb, sqs, events, lambda, s3, securityhub or ssm
	Name    string // the operation, such as AuthorizeSecurityGroupIngress
	Nth     int    // the request's number among those for this operation, from 1, since New or ResetCalls

	Form url.Values // input of ec2 and sts; lambda's function; s3's bucket, key and headers; read-only
	Body []byte     // JSON input of the other services; s3's objects; read-only
}

// Action returns IAM's name of the operation, such as ec2:CreateTags.
func (o Op) Action() string { return o.Service + ":" + o.Name }

// actions returns the actions that IAM checks. An operation that tags its new resource also
// needs ec2:CreateTags. HeadObject needs s3:GetObject.
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
