package stack

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
)

// Network is the part of a VPC that the functions run in. The zero Network is none: the functions
// then reach AWS over Lambda's own network.
type Network struct {
	Subnets        []string
	SecurityGroups []string
}

func (n Network) check() (faults []Fault) {
	if len(n.Subnets) > 0 && len(n.SecurityGroups) == 0 {
		faults = append(faults, Fault{"securityGroups", fmt.Sprintf("not set; subnets is %v: "+
			"give the groups of the functions' interfaces", n.Subnets)})
	}
	if len(n.Subnets) == 0 && len(n.SecurityGroups) > 0 {
		faults = append(faults, Fault{"subnets", fmt.Sprintf("not set; securityGroups is %v: "+
			"give the subnets of the functions' interfaces", n.SecurityGroups)})
	}
	return faults
}

// Calls by which Lambda connects a function to a VPC (Lambda developer guide, "Giving Lambda
// functions access to resources in an Amazon VPC").
var (
	networkReads  = []string{"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"}
	networkWrites = []string{
		"ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
		"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
	}
)

// allowNetwork lets Lambda connect a function to the VPC as the function's role. These calls
// support few resource-level permissions, hence the *. The function's own code may not write
// interfaces, because Lambda's calls lack the key lambda:SourceFunctionArn.
func (s *installation) allowNetwork(part string, role awsiam.Role) {
	if len(s.Network.Subnets) == 0 {
		return
	}
	everything := []*string{jsii.String("*")}
	allow(role, allowed{sid: "Network", actions: append(networkReads, networkWrites...), resources: everything})
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("NetworkByLambdaOnly"), Effect: awsiam.Effect_DENY, Actions: jsii.Strings(networkWrites...),
		Resources: &everything,
		Conditions: &map[string]any{"ArnEquals": map[string]any{"lambda:SourceFunctionArn": s.arn("lambda",
			"function:"+*s.named(part))}},
	}))
}

// connect puts a function into the VPC. CDK's own setting would add a managed policy to the role.
func (s *installation) connect(f function) {
	if len(s.Network.Subnets) == 0 {
		return
	}
	f.Node().DefaultChild().(awslambda.CfnFunction).SetVpcConfig(&awslambda.CfnFunction_VpcConfigProperty{
		SubnetIds: jsii.Strings(s.Network.Subnets...), SecurityGroupIds: jsii.Strings(s.Network.SecurityGroups...),
	})
}

// Endpoint is a service that the functions call, by its VPC endpoint.
type Endpoint struct {
	Service string // as in IAM actions
	Name    string // of the endpoint, after com.amazonaws.REGION.
	Gateway bool   // the endpoint may be a gateway, which is free
	For     string // the functions that call it, and the settings that need it
}

// Endpoints returns all services that the functions call.
func Endpoints() []Endpoint {
	return []Endpoint{
		{"dynamodb", "dynamodb", true, "both functions"},
		{"ec2", "ec2", false, "both functions; describes and changes groups"},
		{"events", "events", false, "both functions; publishes outcomes and drifts"},
		{"s3", "s3", true, "`sgkeeper-audit`; reports, and exceptions with `exceptions=s3://...`"},
		{"sqs", "sqs", false, "`sgkeeper-audit`; continues an audit that ran out of time"},
		{"ssm", "ssm", false, "both functions, with `guardrails` or `memberAccounts`"},
		{"sts", "sts", false, "both functions, with `memberAccounts`"},
		{"securityhub", "securityhub", false, "`sgkeeper-audit`, with `securityHub`"},
	}
}
