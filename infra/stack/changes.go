package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/jsii-runtime-go"
)

// changing are the calls to EC2 after which a group is audited at once.
var changing = []string{
	"AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress",
	"ModifySecurityGroupRules", "DeleteSecurityGroup",
}

// addChangeRules brings changes of groups that others make to the audit: those of
// this account from its default bus, where CloudTrail tells them, and members'
// from ours, to where their stacks send them on.
func (s *installation) addChangeRules() {
	own := s.newRule("changes", nil, s.audits, changes(s.ownRoles()...), "changes of security groups that are not sgkeeper's")
	rules := []*string{own.RuleArn()}
	if len(s.Members.Accounts) > 0 {
		members := s.newRule("member-changes", s.bus, s.audits, changes(s.ownRoles()...), "changes of member accounts' security groups that are not sgkeeper's")
		rules = append(rules, members.RuleArn())
	}
	s.feed(s.audits.dead, rules)
}

// changes matches changes of groups by anybody but the given roles. A call by the
// root user, or by an IAM user, names no role at all, and anything-but does not
// match what is not there: without the second way in, a change by either would
// be dropped.
func changes(roles ...string) *awsevents.EventPattern {
	issuer := func(condition map[string]any) map[string]any {
		return map[string]any{"userIdentity": map[string]any{"sessionContext": map[string]any{"sessionIssuer": map[string]any{"arn": []any{condition}}}}}
	}
	return &awsevents.EventPattern{
		Source:     jsii.Strings("aws.ec2"),
		DetailType: jsii.Strings("AWS API Call via CloudTrail"),
		Detail: &map[string]any{
			"eventSource": []string{"ec2.amazonaws.com"},
			"eventName":   changing,
			"errorCode":   []any{map[string]any{"exists": false}}, // what failed changed nothing
			"$or": []any{
				issuer(map[string]any{"anything-but": roles}),
				issuer(map[string]any{"exists": false}),
			},
		},
	}
}
