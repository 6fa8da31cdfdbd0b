// Package construct has constructs for CDK apps in Go whose stacks need ports in a shared security
// group. [NewLaunch] adds a launch of sgkeeper to a stack. The resource lives as long as the
// launch:
//
//	launch := construct.NewLaunch(stack, jsii.String("Ports"), &construct.LaunchProps{
//		Group: construct.GroupID("sg-0123456789abcdef0"),
//		Rules: []construct.Rule{{Ports: "8000,8002-8004", From: []string{"10.0.0.0/8"}}},
//	})
//	service.Node().AddDependency(launch)
//
// CloudFormation creates the resource when the ports are open. If sgkeeper refuses the launch,
// the stack's events have the reasons, and the stack rolls back. If a rule changes, the new
// launch is open before the old one ends.
//
// The installation needs the alias for stacks: the key stacks in docs/deploy.md.
package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// ResourceType is the type of a launch in a template.
const ResourceType = "Custom::SgkeeperLaunch"

// Alias is the alias of the ensure function that takes the requests of CloudFormation.
const Alias = "stack"

// timeoutSeconds is how long CloudFormation waits for an answer. The function answers within
// about four minutes: Lambda invokes it at most three times, after one and two more minutes.
const timeoutSeconds = 600

// LaunchProps are the properties of a launch. Group and Rules are required.
type LaunchProps struct {
	// ServiceToken is the ARN of the ensure function's alias for stacks. nil: that of the
	// installation named sgkeeper, in the stack's account and Region.
	ServiceToken *string
	Group        Group
	Rules        []Rule
	ExpiresAt    string // such as 2031-12-01T00:00:00Z; "": never
	Requester    string // at most 128 characters; "": not given
	Reason       string // at most 512 characters; "": not given
	Ticket       string // at most 128 characters; "": not given
}

// Group is a security group: [GroupID] or [GroupName]. A text may be a token, such as the id of
// a group in the stack.
type Group struct{ id, name, vpc string }

// GroupID returns the group with an id.
func GroupID(id string) Group { return Group{id: id} }

// GroupName returns the group with a name in a VPC.
func GroupName(name, vpc string) Group { return Group{name: name, vpc: vpc} }

// Rule is a rule of a launch, in the terms of its event. It has either From or To.
type Rule struct {
	Protocol    string // tcp, udp, icmp, icmpv6, all, or an IANA number; "": tcp
	Ports       string // such as 8000 or 8000,8002-8004; "": the protocol has none
	ICMP        *ICMP  // nil: all types
	From        []string
	To          []string
	Description string // at most 255 characters; "": none
}

// ICMP is a type and a code of ICMP, each 0 to 255, or -1 for all.
type ICMP struct{ Type, Code int }

// Launch is a launch in a stack.
type Launch struct{ awscdk.CustomResource }

// NewLaunch adds a launch to a stack.
func NewLaunch(scope constructs.Construct, id *string, props *LaunchProps) Launch {
	token := props.ServiceToken
	if token == nil {
		token = awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{
			Service: jsii.String("lambda"), Resource: jsii.String("function"),
			ResourceName: jsii.String("sgkeeper-ensure:" + Alias), ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
		})
	}
	return Launch{awscdk.NewCustomResource(scope, id, &awscdk.CustomResourceProps{
		ServiceToken:   token,
		ResourceType:   jsii.String(ResourceType),
		ServiceTimeout: awscdk.Duration_Seconds(jsii.Number(timeoutSeconds)),
		Properties:     props.properties(),
	})}
}

// Name returns the name of the launch, as a token.
func (l Launch) Name() *string { return l.Ref() }

func (p *LaunchProps) properties() *map[string]any {
	rules := make([]any, len(p.Rules))
	for i, r := range p.Rules {
		rules[i] = r.properties()
	}
	properties := map[string]any{"group": p.Group.properties(), "rules": rules}
	for key, text := range map[string]string{
		"expiresAt": p.ExpiresAt, "requester": p.Requester, "reason": p.Reason, "ticket": p.Ticket,
	} {
		set(properties, key, text)
	}
	return &properties
}

func (g Group) properties() any {
	if g.id != "" {
		return g.id
	}
	return map[string]any{"name": g.name, "vpc": g.vpc}
}

func (r Rule) properties() map[string]any {
	properties := map[string]any{}
	set(properties, "protocol", r.Protocol)
	set(properties, "ports", r.Ports)
	set(properties, "description", r.Description)
	if r.ICMP != nil {
		properties["icmp"] = map[string]any{"type": r.ICMP.Type, "code": r.ICMP.Code}
	}
	if r.From != nil {
		properties["from"] = r.From
	}
	if r.To != nil {
		properties["to"] = r.To
	}
	return properties
}

func set(properties map[string]any, key, text string) {
	if text != "" {
		properties[key] = text
	}
}
