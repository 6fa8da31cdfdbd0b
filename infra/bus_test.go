package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/infra/stack"
)

// put is an entry of a principal's PutEvents call on the bus.
type put struct{ principal, source, detailType string }

const home = "111122223333"

func role(account, name string) string { return "arn:aws:iam::" + account + ":role/" + name }

// TestOutcomesCannotBeForged evaluates the bus's policy as IAM does. Only the functions' roles
// may publish outcomes, even if another principal's own policies allow it.
func TestOutcomesCannotBeForged(t *testing.T) {
	for _, row := range []struct {
		template string
		put      put
		may      bool
	}{
		{"installation", put{role(home, "sgkeeper-ensure-us-east-1"), "sgkeeper", "Ports Ensured"}, true},
		{"installation", put{role(home, "sgkeeper-audit-us-east-1"), "sgkeeper", "Drift Detected"}, true},
		{"installation", put{role(home, "admin"), "sgkeeper", "Ports Ensured"}, false},
		{"installation", put{"arn:aws:iam::" + home + ":root", "sgkeeper", "Ports Ensured"}, false},
		{"installation", put{"arn:aws:iam::" + home + ":user/alice", "sgkeeper", "Launch Requested"}, false},
		{"installation", put{role(home, "sgkeeper-ensure-us-east-1/x"), "sgkeeper", "Ports Ensured"}, false},
		{"installation", put{role(home, "sgkeeper-redrive-us-east-1"), "sgkeeper", "Ports Ensured"}, false},
		{"installation", put{"", "sgkeeper", "Ports Ensured"}, false}, // a service without a role
		{"installation", put{role(home, "launcher"), "sgkeeper.cli", "Launch Requested"}, true},
		{"installation", put{role(home, "launcher"), "ci", "Launch Requested"}, true},
		{"installation", put{role("222233334444", "launcher"), "ci", "Launch Requested"}, false},
		{"full", put{role(home, "keeper-ensure-us-east-1"), "sgkeeper", "Ports Ensured"}, true},
		{"full", put{role(home, "sgkeeper-ensure-us-east-1"), "sgkeeper", "Ports Ensured"}, false},
		{"full", put{role("222233334444", "keeper-ensure-us-east-1"), "sgkeeper", "Ports Ensured"}, false},
		{"full", put{role("222233334444", "keeper-member"), "sgkeeper", "Ports Ensured"}, false},
		{"full", put{role("222233334444", "keeper-member-events-us-east-1"), "aws.ec2", "AWS API Call via CloudTrail"},
			true},
		{"full", put{role("222233334444", "launcher"), "ci", "Launch Requested"}, true},
		{"full", put{role("444455556666", "launcher"), "ci", "Launch Requested"}, false},
	} {
		if may := busOf(t, row.template).lets(t, row.put); may != row.may {
			t.Errorf("%s: %+v is allowed: %v, want %v", row.template, row.put, may, row.may)
		}
	}
}

// TestPublishersAreBound: only one publisher may use a source, its roles may use no other, and
// they may publish launches only.
func TestPublishersAreBound(t *testing.T) {
	a, other, b := role(home, "ci/team-a"), role("222233334444", "launcher"), role("222233334444", "team-b")
	for _, row := range []struct {
		put put
		may bool
	}{
		{put{a, "team-a.train", "Launch Requested"}, true},
		{put{a, "team-a.train", "Launch Ended"}, true},
		{put{a, "team-a.train", "Ports Ensured"}, false},
		{put{a, "team-a.train", "EC2 Instance State-change Notification"}, false},
		{put{a, "team-a", "Launch Requested"}, false},
		{put{a, "team-b", "Launch Requested"}, false},
		{put{a, "batch", "Launch Requested"}, false},
		{put{a, "ci", "Launch Requested"}, false},
		{put{a, "sgkeeper", "Launch Requested"}, false},
		{put{b, "team-b", "Launch Requested"}, true},
		{put{b, "team-a.train", "Launch Requested"}, false},
		{put{b, "team-b.x", "Launch Requested"}, false},
		{put{other, "team-a.train", "Launch Requested"}, false},
		{put{other, "team-b", "Launch Ended"}, false},
		{put{other, "batch", "Launch Requested"}, false}, // of account 333344445555
		{put{role("333344445555", "any"), "batch", "Launch Requested"}, true},
		{put{role("333344445555", "any"), "batch", "Drift Detected"}, false},
		{put{role("333344445555", "any"), "team-b", "Launch Requested"}, false},
		{put{role(home, "admin"), "team-b", "Launch Ended"}, false},
		{put{"", "team-b", "Launch Ended"}, false},
		{put{other, "ci", "Launch Requested"}, true}, // a source that no publisher has
	} {
		if may := busOf(t, "full").lets(t, row.put); may != row.may {
			t.Errorf("%+v is allowed: %v, want %v", row.put, may, row.may)
		}
	}
}

// TestPublisherOfAnAccount: without roles, every principal of the publisher's accounts may use
// its sources. Without accounts, that is the installation's account.
func TestPublisherOfAnAccount(t *testing.T) {
	for principal, may := range map[string]bool{role(home, "any"): true, "arn:aws:iam::" + home + ":user/alice": true,
		"": false} {
		if got := busOf(t, "untagged").lets(t, put{principal, "team-a.train", "Launch Requested"}); got != may {
			t.Errorf("%s is allowed: %v, want %v", principal, got, may)
		}
	}
	if busOf(t, "untagged").lets(t, put{role(home, "any"), "team-a.train", "Ports Ensured"}) {
		t.Error("a publisher may publish an outcome under its source")
	}
}

// TestPublishersFit finds the number of publishers, with one role and one source each, that
// the bus's policy holds. One more fails before the deployment.
func TestPublishersFit(t *testing.T) {
	fit := 0
	for n := 1; n < mostListed; n++ {
		props := stack.Defaults()
		for i := range n {
			name := fmt.Sprintf("team-%02d", i)
			props.Publishers = append(props.Publishers, stack.Publisher{Name: name, Roles: []string{role(home, name)},
				Sources: []string{name + ".*"}})
		}
		faults := props.Check()
		if len(faults) == 0 {
			fit = n
			continue
		}
		if f := faults[0]; n != fit+1 || len(faults) != 1 || f.Property != "publishers" ||
			!strings.Contains(f.Problem, "want at most 10240") {
			t.Fatalf("%d publishers: %v, want the policy's size refused", n, faults)
		}
		break
	}
	if fit != 25 { // docs/deploy.md has the figure
		t.Errorf("%d publishers of one role and one source fit, want 25", fit)
	}
}

// bus is the bus's policy as deployed into account [home] and us-east-1.
type bus []any

func busOf(t *testing.T, template string) bus { return busIn(t, of(t, template)) }

func busIn(t *testing.T, tp *template) bus {
	t.Helper()
	policy := tp.only(t, "AWS::Events::EventBus").Properties["Policy"]
	statements, _ := at(literal(t, policy), "Statement").([]any)
	return statements
}

// literal is a template's value as CloudFormation resolves it. A resource's logical id stands
// for its name.
func literal(t *testing.T, value any) any {
	t.Helper()
	switch v := value.(type) {
	case []any:
		all := make([]any, len(v))
		for i, element := range v {
			all[i] = literal(t, element)
		}
		return all
	case map[string]any:
		if name, ok := v["Ref"].(string); ok {
			pseudo := map[string]string{"AWS::Partition": "aws", "AWS::AccountId": home, "AWS::Region": "us-east-1",
				"AWS::URLSuffix": "amazonaws.com"}
			return cmp.Or(pseudo[name], name)
		}
		if of, ok := v["Fn::GetAtt"].([]any); ok && of[1] == "QueueName" {
			return of[0]
		}
		if join, ok := v["Fn::Join"].([]any); ok {
			var text strings.Builder
			for _, part := range join[1].([]any) {
				fmt.Fprint(&text, literal(t, part))
			}
			return text.String()
		}
		all := make(map[string]any)
		for key, element := range v {
			all[key] = literal(t, element)
		}
		return all
	}
	return value
}

// organizations are the organizations of accounts.
var organizations = map[string]string{"600000000999": "o-a1b2c3d4e5", "222233334444": "o-a1b2c3d4e5",
	"444455556666": "o-zzzzzzzzzz"}

// lets evaluates an entry for a principal with all permissions of its own.
func (b bus) lets(t *testing.T, p put) bool {
	t.Helper()
	account, organization := "", ""
	if parts := strings.Split(p.principal, ":"); len(parts) == 6 {
		account, organization = parts[4], organizations[parts[4]]
	}
	allowed := account == home
	for _, s := range b {
		if at(s, "Resource") != "arn:aws:events:us-east-1:"+home+":event-bus/"+b.name(t) ||
			at(s, "Action") != "events:PutEvents" {
			t.Fatalf("the statement %v is about another action or bus", s)
		}
		applies := at(s, "Principal") == "*" || slices.Contains(texts(at(s, "Principal", "AWS")),
			"arn:aws:iam::"+account+":root")
		conditions, _ := at(s, "Condition").(map[string]any)
		for operator, keys := range conditions {
			for key, values := range keys.(map[string]any) {
				applies = applies && holds(t, operator, map[string]string{
					"events:source": p.source, "events:detail-type": p.detailType, "aws:PrincipalArn": p.principal,
					"aws:PrincipalAccount": account, "aws:PrincipalOrgID": organization,
				}[key], texts(values))
			}
		}
		if applies && at(s, "Effect") == "Deny" {
			return false
		}
		allowed = allowed || applies
	}
	return allowed
}

// name is the bus's name. Each statement must name the bus.
func (b bus) name(t *testing.T) string {
	t.Helper()
	if len(b) == 0 {
		return ""
	}
	_, name, _ := strings.Cut(fmt.Sprint(at(b[0], "Resource")), ":event-bus/")
	return name
}

// matchesPattern reports whether a text matches a pattern in which * is any text.
func matchesPattern(pattern, text string) bool {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$").MatchString(text)
}

// holds evaluates one operator; found is "" if the request lacks the key.
func holds(t *testing.T, operator, found string, values []string) bool {
	t.Helper()
	name, negated := strings.Replace(operator, "Not", "", 1), strings.Contains(operator, "Not")
	matches := slices.ContainsFunc(values, func(value string) bool {
		switch name {
		case "StringEquals", "ArnEquals":
			if name == "ArnEquals" && strings.ContainsAny(value, "*?") {
				t.Fatalf("%s takes %s for a pattern", operator, value)
			}
			return found == value
		case "StringLike", "ArnLike":
			return matchesPattern(value, found)
		}
		t.Fatalf("this test does not know the operator %s", operator)
		return false
	})
	return found != "" && matches != negated || found == "" && negated
}
