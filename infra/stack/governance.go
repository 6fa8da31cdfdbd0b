package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// Governance holds the requirements of an organization on all resources in its accounts.
type Governance struct {
	Boundary string // ARN of the permissions boundary of every role; "": none
	Tags     []Tag  // of every resource that can have tags
}

func (g Governance) boundary() awscdk.PermissionsBoundary {
	if g.Boundary == "" {
		return nil
	}
	return awscdk.PermissionsBoundary_FromArn(jsii.String(g.Boundary))
}

func (g Governance) tag(s awscdk.Stack) {
	for _, t := range g.Tags {
		awscdk.Tags_Of(s).Add(jsii.String(t.Key), jsii.String(t.Value), nil)
	}
}
