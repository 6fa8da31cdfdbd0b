package main

import (
	"slices"
	"strings"
	"testing"
)

// TestMemberTrust: each of a member's roles trusts one role of the installation, and only with
// the external id.
func TestMemberTrust(t *testing.T) {
	tp := of(t, "member")
	for role, assumer := range map[string]string{
		"sgkeeper-member":       ":iam::111122223333:role/sgkeeper-ensure-us-east-1",
		"sgkeeper-member-audit": ":iam::111122223333:role/sgkeeper-audit-us-east-1",
	} {
		trust := at(tp.Resources[roleID(t, tp, role)].Properties, "AssumeRolePolicyDocument", "Statement")
		if statements, _ := trust.([]any); len(statements) != 1 {
			t.Errorf("%s is trusted by %s, want one statement", role, rendered(t, trust))
		}
		condition := rendered(t, at(trust, 0, "Condition"))
		if at(trust, 0, "Condition", "StringEquals", "sts:ExternalId") != "sgkeeper/7f3a" ||
			!strings.Contains(condition, assumer) {
			t.Errorf("%s is assumed if %s; want the external id, and %s", role, condition, assumer)
		}
		if principal := rendered(t, at(trust, 0, "Principal")); !strings.Contains(principal, "111122223333") ||
			strings.Contains(principal, `"*"`) {
			t.Errorf("%s may be assumed by %s", role, principal)
		}
	}
}

// TestInstallationAssumesMembersAlone: the functions may assume only their roles in the listed
// member accounts.
func TestInstallationAssumesMembersAlone(t *testing.T) {
	tp := of(t, "full")
	for role, want := range map[string]string{"keeper-ensure": ":role/keeper-member",
		"keeper-audit": ":role/keeper-member-audit"} {
		members := rendered(t, statement(t, tp, role, "Members")["Resource"])
		for _, account := range []string{"222233334444", "333344445555"} {
			if !strings.Contains(members, ":iam::"+account+want+`"`) {
				t.Errorf("%s may assume %s, want %s of %s", role, members, want, account)
			}
		}
		if strings.Count(members, ":role/") != 2 || strings.Contains(members, "*") {
			t.Errorf("%s may assume %s, want the two members' alone", role, members)
		}
	}
	if got := grants(t, of(t, "installation"), "sgkeeper-ensure"); slices.Contains(got, "sts:AssumeRole") {
		t.Error("ensure may assume roles, and there are no members")
	}
}

// TestAuditWritesNoGroup: the audit's roles cannot write to EC2. Only Lambda may write the
// interfaces by which it connects the function to a VPC.
func TestAuditWritesNoGroup(t *testing.T) {
	for template, role := range map[string]string{"installation": "sgkeeper-audit", "full": "keeper-audit",
		"member": "sgkeeper-member-audit"} {
		var byLambda []string
		if template == "full" {
			byLambda = texts(statement(t, of(t, template), role, "NetworkByLambdaOnly")["Action"])
		}
		for _, action := range grants(t, of(t, template), role) {
			service, call, _ := strings.Cut(action, ":")
			if slices.Contains(byLambda, action) {
				continue
			}
			if service == "ec2" && !strings.HasPrefix(call, "Describe") && !strings.HasPrefix(call, "Get") {
				t.Errorf("%s: %s may %s", template, role, action)
			}
		}
	}
	if got := grants(t, of(t, "installation"), "sgkeeper-audit"); slices.Contains(got, "dynamodb:UpdateItem") {
		t.Error("nothing is healed, yet the audit may write to the table")
	}
}

// TestWays: a member's events go to the installation's bus, by a role with no other
// permission. The bus's rules send them to the queues.
func TestWays(t *testing.T) {
	member := of(t, "member")
	target := member.only(t, "AWS::Events::Rule").Properties["Targets"]
	if bus := rendered(t, at(target, 0, "Arn")); !strings.Contains(bus,
		":events:us-east-1:111122223333:event-bus/sgkeeper") {
		t.Errorf("changes go to %s", bus)
	}
	if got := grants(t, member, "sgkeeper-member-events"); !slices.Equal(got, []string{"events:PutEvents"}) {
		t.Errorf("the role that sends changes may %v", got)
	}
	full := of(t, "full")
	for _, name := range []string{"keeper-changes", "keeper-member-changes", "keeper-instances",
		"keeper-member-instances", "keeper-launches"} {
		rule := full.named(t, "AWS::Events::Rule", "Name", name)
		onOurs := rule.Properties["EventBusName"] != nil
		if want := strings.Contains(name, "member") || name == "keeper-launches"; onOurs != want {
			t.Errorf("%s is on our bus: %v, want %v", name, onOurs, want)
		}
	}
	pattern := rendered(t, full.named(t, "AWS::Events::Rule", "Name",
		"keeper-member-changes").Properties["EventPattern"])
	if !strings.Contains(pattern, `{"anything-but":{"suffix":[":role/keeper-member",`) ||
		!strings.Contains(pattern, `{"exists":false}`) {
		t.Errorf("members' changes are %s; want changes without a role, and none by sgkeeper's roles", pattern)
	}
}

// TestUndeliveredMemberEvents: events that cannot be delivered to the installation's bus go to a
// queue, which admits the forwarding rules and no other.
func TestUndeliveredMemberEvents(t *testing.T) {
	tp := of(t, "member")
	dead := tp.only(t, "AWS::SQS::Queue")
	wantAt(t, dead, "sgkeeper-member-dead", "QueueName")
	rules := tp.all("AWS::Events::Rule")
	for id, rule := range rules {
		if to := rendered(t, at(rule.Properties, "Targets", 0, "DeadLetterConfig", "Arn")); !strings.Contains(to,
			"Queuedead") {
			t.Errorf("%s sends dead letters to %s", id, to)
		}
	}
	for _, s := range at(tp.only(t, "AWS::SQS::QueuePolicy").Properties, "PolicyDocument", "Statement").([]any) {
		if at(s, "Effect") != "Allow" {
			continue
		}
		admitted, _ := at(s, "Condition", "ArnEquals", "aws:SourceArn").([]any)
		id, _ := at(admitted, 0, "Fn::GetAtt", 0).(string)
		if len(rules) != 1 || len(admitted) != 1 || rules[id].Type == "" {
			t.Errorf("the queue admits %s, want the rules that forward", rendered(t, s))
		}
	}
}
