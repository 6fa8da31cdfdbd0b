package stack

import (
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
)

func decimal(n int) string { return strconv.Itoa(n) }

// allowed is one statement of a policy.
type allowed struct {
	sid        string
	actions    []string
	resources  []*string
	conditions map[string]any
}

func (a allowed) statement() awsiam.PolicyStatement {
	props := &awsiam.PolicyStatementProps{Sid: jsii.String(a.sid), Actions: jsii.Strings(a.actions...),
		Resources: &a.resources}
	if a.conditions != nil {
		props.Conditions = &a.conditions
	}
	return awsiam.NewPolicyStatement(props)
}

func allow(role awsiam.Role, statements ...allowed) {
	for _, a := range statements {
		role.AddToPolicy(a.statement())
	}
}

// ofEC2 names an account's groups or rules in all Regions of a partition. A role reaches only
// resources of its own account, and the functions' settings choose the Regions.
func ofEC2(partition, account, kind string) *string {
	return jsii.String("arn:" + partition + ":ec2:*:" + account + ":" + kind + "/*")
}

// describing allows both functions' reads in EC2. They support no resource-level permissions,
// hence the *.
func describing(actions ...string) allowed {
	return allowed{sid: "Describe", actions: actions, resources: []*string{jsii.String("*")}}
}

// writing allows changes of security groups that carry the opt-in tag. The groups are not
// known at deployment, hence the *.
func writing(partition, account string, tag Tag) allowed {
	return allowed{
		sid: "ManagedGroups",
		actions: []string{
			"ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress",
			"ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress",
		},
		resources:  []*string{ofEC2(partition, account, "security-group")},
		conditions: map[string]any{"StringEquals": map[string]any{"aws:ResourceTag/" + tag.Key: tag.Value}},
	}
}

// tagging allows tags on rules in the call that makes them. A new rule has no id yet, hence
// the *. It has no tags yet either, so the condition checks the tags of the request.
func tagging(partition, account string, identity *string) []allowed {
	rules := []*string{ofEC2(partition, account, "security-group-rule")}
	ours := map[string]any{
		"StringEquals": map[string]any{"aws:RequestTag/sgkeeper:installation": identity},
		"ForAllValues:StringLike": map[string]any{"aws:TagKeys": []string{"sgkeeper:installation", "sgkeeper:rule",
			"sgkeeper:seal", "sgkeeper:ticket"}},
	}
	atCreation := map[string]any{
		"StringEquals": map[string]any{
			"aws:RequestTag/sgkeeper:installation": identity,
			"ec2:CreateAction": []string{"AuthorizeSecurityGroupIngress",
				"AuthorizeSecurityGroupEgress"},
		},
		"ForAllValues:StringLike": ours["ForAllValues:StringLike"],
	}
	return []allowed{
		{sid: "RulesOfOurs", actions: []string{"ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress"},
			resources: rules, conditions: ours},
		{sid: "TagsAtCreation", actions: []string{"ec2:CreateTags"}, resources: rules, conditions: atCreation},
	}
}
