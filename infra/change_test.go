package main

import (
	"fmt"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// Roles by which sgkeeper changes groups, in a member account and in its own.
const (
	memberRole = "arn:aws:iam::111122223333:role/sgkeeper-member"
	ensureRole = "arn:aws:iam::111122223333:role/sgkeeper-ensure-us-east-1"
)

// TestChangePattern puts the pattern for changes of groups on a bus. It passes changes by
// every principal, root and IAM users included, but none by sgkeeper.
func TestChangePattern(t *testing.T) {
	p := newPatterns(t, changePattern(t))
	for _, row := range []struct {
		what, identity, name, more string
		through                    bool
	}{
		{"root", `{"type":"Root","arn":"arn:aws:iam::111122223333:root"}`, "AuthorizeSecurityGroupIngress", "", true},
		{"a user", `{"type":"IAMUser","userName":"alice"}`, "RevokeSecurityGroupEgress", "", true},
		{"a user with MFA", `{"type":"IAMUser","sessionContext":{"attributes":{"mfaAuthenticated":"true"}}}`,
			"ModifySecurityGroupRules", "", true},
		{"another role", session("arn:aws:iam::111122223333:role/admin"), "RevokeSecurityGroupIngress", "", true},
		{"our role in a member account", session(memberRole), "AuthorizeSecurityGroupIngress", "", false},
		{"our role in a further Region", session(ensureRole), "AuthorizeSecurityGroupIngress", "", false},
		{"a call that failed", session("arn:aws:iam::111122223333:role/admin"), "AuthorizeSecurityGroupIngress",
			`,"errorCode":"Client.UnauthorizedOperation"`, false},
		{"another call", `{"type":"Root"}`, "RunInstances", "", false},
		{"a group's tags", `{"type":"Root"}`, "CreateTags", tagged("sg-0123456789abcdef0"), true},
		{"a rule's tags", `{"type":"Root"}`, "DeleteTags", tagged("sgr-0123456789abcdef0"), true},
		{"an instance's tags", `{"type":"Root"}`, "CreateTags", tagged("i-1234567890abcdef0"), false},
		{"our role's tags", session(memberRole), "CreateTags", tagged("sgr-0123456789abcdef0"), false},
		{"a description", `{"type":"Root"}`, "UpdateSecurityGroupRuleDescriptionsIngress", "", true},
		{"a group's deletion", `{"type":"Root"}`, "DeleteSecurityGroup", "", true},
	} {
		detail := fmt.Sprintf(`{"eventSource":"ec2.amazonaws.com","eventName":%q,"userIdentity":%s%s}`, row.name,
			row.identity, row.more)
		if through := p.pass(t, fakeaws.Entry{Source: "aws.ec2", DetailType: "AWS API Call via CloudTrail",
			Detail: detail}); through != row.through {
			t.Errorf("%s: %s came through: %v, want %v", row.what, row.name, through, row.through)
		}
	}
}

func tagged(resource string) string {
	return fmt.Sprintf(`,"requestParameters":{"resourcesSet":{"items":[{"resourceId":%q}]},"tagSet":{"items":[{"key":"sgkeeper:managed"}]}}`, resource)
}

func session(issuer string) string {
	return fmt.Sprintf(`{"type":"AssumedRole","sessionContext":{"sessionIssuer":{"type":"Role","arn":%q}}}`, issuer)
}

// changePattern returns the member's pattern, in the installation's own account.
func changePattern(t *testing.T) string {
	t.Helper()
	return rendered(t, literal(t, of(t, "member").only(t, "AWS::Events::Rule").Properties["EventPattern"]))
}
