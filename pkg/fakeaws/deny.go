package fakeaws

import (
	"fmt"
	"slices"
	"strings"
)

// Deny makes the account refuse the given actions from now on, and no others. Without actions,
// it allows everything again. An action is written as in a policy, such as ec2:CreateTags or
// dynamodb:*. A * may only be at the end. As in AWS, an EC2 operation that tags its new
// resource also needs ec2:CreateTags.
func (a *Account) Deny(actions ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.denied = slices.Clone(actions)
}

// authorize returns an error for the first denied action that op needs.
func (a *Account) authorize(op Op) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, action := range op.actions() {
		if slices.ContainsFunc(a.denied, func(pattern string) bool { return grants(pattern, action) }) {
			return a.refusal(op.Service, action)
		}
	}
	return nil
}

func grants(pattern, action string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(action, prefix)
	}
	return pattern == action
}

// refusalCodes maps a service to its code for a denied action.
var refusalCodes = map[string]string{
	"ec2": "UnauthorizedOperation",
	"sts": "AccessDenied",
	"sqs": "AccessDenied",
	"s3":  "AccessDenied",
}

func (a *Account) refusal(service, action string) error {
	code := refusalCodes[service]
	if code == "" {
		code = "AccessDeniedException"
	}
	message := fmt.Sprintf("User: %s is not authorized to perform: %s because no identity-based policy "+
		"allows the %s action", a.userARN(), action, action)
	if service == "ec2" {
		message = "You are not authorized to perform this operation. " + message
	}
	status := 400
	if service == "ec2" || service == "sts" || service == "sqs" || service == "s3" || service == "securityhub" {
		status = 403
	}
	return &Error{Code: code, Message: message, Status: status}
}
