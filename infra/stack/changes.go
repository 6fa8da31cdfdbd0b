package stack

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/jsii-runtime-go"

	"github.com/sgkeeper/sgkeeper/events"
)

// addChangeRules sends outsiders' changes of groups to the audit. CloudTrail puts the changes
// of this account and Region on the default bus. Members' stacks forward those of other accounts
// and Regions to the installation's bus.
func (s *installation) addChangeRules() {
	own := s.newRule("changes", nil, s.audits, changes([]string{*s.ensure.role.RoleArn()}),
		"changes of security groups that are not sgkeeper's")
	rules := []*string{own.RuleArn()}
	if s.Members.elsewhere() {
		// A pattern has 2,048 characters, too few for the role of each member. In other Regions
		// of this account, ensure's own role makes sgkeeper's changes.
		roles := map[string]any{"suffix": []string{
			":role/" + s.Name + "-member", ":iam::" + *s.Account() + ":role/" + *s.regional("ensure"),
		}}
		members := s.newRule("member-changes", s.bus, s.audits, changes(roles),
			"changes of security groups in other accounts and Regions that are not sgkeeper's")
		rules = append(rules, members.RuleArn())
	}
	admit(s.audits.Queue, rules)
	s.feed(s.audits.dead, rules)
}

// within returns a value within objects, each of one key. For example, within(1, "a", "b") is
// {"a": {"b": 1}}.
func within(value any, keys ...string) any {
	for _, key := range slices.Backward(keys) {
		value = map[string]any{key: value}
	}
	return value
}

// changes matches changes of groups by all principals but some roles: a list of ARNs, or a
// matcher of ARNs. A call by the root user or an IAM user has no role, and anything-but matches
// no missing field. So the pattern needs the second alternative, or it would drop those changes.
func changes(roles any) *awsevents.EventPattern {
	issuer := func(condition map[string]any) any {
		return within([]any{condition}, "userIdentity", "sessionContext", "sessionIssuer", "arn")
	}
	return &awsevents.EventPattern{
		Source:     jsii.Strings("aws.ec2"),
		DetailType: jsii.Strings("AWS API Call via CloudTrail"),
		Detail: &map[string]any{
			"eventSource": []string{"ec2.amazonaws.com"},
			"eventName":   events.GroupCalls(),
			// CreateTags and DeleteTags name resources of every type. The other calls have no such set.
			"requestParameters": within([]any{
				map[string]any{"prefix": "sg-"}, map[string]any{"prefix": "sgr-"}, map[string]any{"exists": false},
			}, "resourcesSet", "items", "resourceId"),
			"errorCode": []any{map[string]any{"exists": false}}, // a failed call changed nothing
			"$or": []any{
				issuer(map[string]any{"anything-but": roles}),
				issuer(map[string]any{"exists": false}),
			},
		},
	}
}
