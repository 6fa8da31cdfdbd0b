package eventbridge_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

func TestEventBuses(t *testing.T) {
	f := setup()
	out, err := f.CreateEventBus(t.Context(), &client.CreateEventBusInput{Name: aws.String("b"),
		Description: aws.String("text")})
	if err != nil || *out.EventBusArn != "arn:aws:events:eu-central-1:123456789012:event-bus/b" {
		t.Fatalf("CreateEventBus = %+v, %v", out, err)
	}
	bus, err := f.DescribeEventBus(t.Context(), &client.DescribeEventBusInput{Name: out.EventBusArn})
	if err != nil || *bus.Name != "b" || *bus.Description != "text" || bus.CreationTime.IsZero() {
		t.Errorf("DescribeEventBus = %+v, %v", bus, err)
	}
	var names []string
	in := &client.ListEventBusesInput{Limit: aws.Int32(1)}
	for range 2 {
		page, err := f.ListEventBuses(t.Context(), in)
		if err != nil || len(page.EventBuses) != 1 {
			t.Fatalf("ListEventBuses = %+v, %v", page, err)
		}
		names = append(names, *page.EventBuses[0].Name)
		in.NextToken = page.NextToken
	}
	if diff := cmp.Diff([]string{"b", "default"}, names); diff != "" || in.NextToken != nil {
		t.Errorf("buses (-want +got):\n%s", diff)
	}
	_, err = f.CreateEventBus(t.Context(), &client.CreateEventBusInput{Name: aws.String("b")})
	wantCode(t, err, "ResourceAlreadyExistsException", "Event bus b already exists.")
	_, err = f.DescribeEventBus(t.Context(), &client.DescribeEventBusInput{Name: aws.String("c")})
	wantCode(t, err, "ResourceNotFoundException", "Event bus c does not exist.")
	_, err = f.DeleteEventBus(t.Context(), &client.DeleteEventBusInput{Name: aws.String("default")})
	wantCode(t, err, "ValidationException", "Cannot delete event bus default.")
	_, err = f.DeleteEventBus(t.Context(), &client.DeleteEventBusInput{Name: aws.String("b")})
	if err != nil {
		t.Error(err)
	}
}

func TestRules(t *testing.T) {
	f := setup()
	f.rule(t, "default", "r", `{"source": ["a"]}`, target("t1", "jobs"), target("t2", "copy"))
	f.rule(t, "default", "r", `{"source": ["b"]}`, target("t2", "other")) // replaces; targets stay
	r, err := f.DescribeRule(t.Context(), &client.DescribeRuleInput{Name: aws.String("r")})
	if err != nil || *r.Arn != "arn:aws:events:eu-central-1:123456789012:rule/r" ||
		*r.EventPattern != `{"source": ["b"]}` ||
		r.State != types.RuleStateEnabled || *r.EventBusName != "default" {
		t.Errorf("DescribeRule = %+v, %v", r, err)
	}
	targets, err := f.ListTargetsByRule(t.Context(), &client.ListTargetsByRuleInput{Rule: aws.String("r")})
	if err != nil || len(targets.Targets) != 2 || *targets.Targets[1].Arn != queues+"other" {
		t.Errorf("ListTargetsByRule = %+v, %v", targets, err)
	}
	_, err = f.DeleteRule(t.Context(), &client.DeleteRuleInput{Name: aws.String("r")})
	wantCode(t, err, "ValidationException", "Rule can't be deleted since it has targets.")
	removed, err := f.RemoveTargets(t.Context(), &client.RemoveTargetsInput{Rule: aws.String("r"),
		Ids: []string{"t1", "t2", "t3"}})
	if err != nil || removed.FailedEntryCount != 1 || *removed.FailedEntries[0].TargetId != "t3" {
		t.Errorf("RemoveTargets = %+v, %v", removed, err)
	}
	if _, err := f.DeleteRule(t.Context(), &client.DeleteRuleInput{Name: aws.String("r")}); err != nil {
		t.Error(err)
	}
	rules, err := f.ListRules(t.Context(), &client.ListRulesInput{})
	if err != nil || len(rules.Rules) != 0 {
		t.Errorf("ListRules = %+v, %v", rules, err)
	}
}

func TestPutRuleRefused(t *testing.T) {
	f := setup()
	or := `{"source": ["a"]`
	for i := range 10 {
		or += fmt.Sprintf(`, "k%d": {"$or": [{"x": [1]}, {"y": [1]}]}`, i)
	}
	for _, tt := range []struct {
		in         client.PutRuleInput
		code, text string
	}{
		{client.PutRuleInput{EventPattern: aws.String(`{"source": "a"}`)}, "InvalidEventPatternException",
			`Event pattern is not valid. Reason: "source" must be an object or an array`},
		{client.PutRuleInput{EventPattern: aws.String(or + "}")}, "LimitExceededException", "1000"},
		{client.PutRuleInput{EventPattern: aws.String(`{"source": ["` + strings.Repeat("x", 4096) + `"]}`)},
			"ValidationException", "4096"},
		{client.PutRuleInput{ScheduleExpression: aws.String("rate(1 minute)")}, "ValidationException",
			`"ScheduleExpression"`},
		{client.PutRuleInput{}, "ValidationException", "EventPattern"},
		{client.PutRuleInput{EventPattern: aws.String(`{"source": ["a"]}`), EventBusName: aws.String("absent")},
			"ResourceNotFoundException", "Event bus absent"},
	} {
		tt.in.Name = aws.String("r")
		_, err := f.PutRule(t.Context(), &tt.in)
		wantCode(t, err, tt.code, tt.text)
	}
}

func TestPutTargetsRefused(t *testing.T) {
	f := setup()
	f.rule(t, "default", "r", `{"source": ["a"]}`, target("t", "jobs"))
	with := func(change func(*types.Target)) []types.Target {
		tt := target("t", "jobs")
		change(&tt)
		return []types.Target{tt}
	}
	for _, tt := range []struct {
		targets    []types.Target
		code, text string
	}{
		{with(func(t *types.Target) { t.InputPath = aws.String("$.detail") }), "ValidationException", `"InputPath"`},
		{with(func(t *types.Target) { t.InputTransformer = &types.InputTransformer{InputTemplate: aws.String("x")} }),
			"ValidationException", `"InputTransformer"`},
		{with(func(t *types.Target) { t.Arn = aws.String("arn:aws:lambda:eu-central-1:123456789012:function:f") }),
			"ValidationException", "function:f"},
		{with(func(t *types.Target) { t.Arn = aws.String(queues + "q.fifo") }), "ValidationException", "q.fifo"},
		{with(func(t *types.Target) { t.Id = aws.String("!@#") }), "ValidationException", "'targets.1.member.id'"},
		{[]types.Target{target("1", "q"), target("2", "q"), target("3", "q"), target("4", "q"), target("5", "q")},
			"LimitExceededException", "maximum"},
	} {
		_, err := f.PutTargets(t.Context(), &client.PutTargetsInput{Rule: aws.String("r"), Targets: tt.targets})
		wantCode(t, err, tt.code, tt.text)
	}
	_, err := f.PutTargets(t.Context(), &client.PutTargetsInput{Rule: aws.String("s"),
		Targets: []types.Target{target("t", "q")}})
	wantCode(t, err, "ResourceNotFoundException", "Rule s does not exist on EventBus default.")
}

func TestTestEventPattern(t *testing.T) {
	f := setup()
	test := func(event, pattern string) (bool, error) {
		out, err := f.TestEventPattern(t.Context(), &client.TestEventPatternInput{Event: &event,
			EventPattern: &pattern})
		return err == nil && out.Result, err
	}
	if got, err := test(`{"source": "a"}`, `{"source": ["a"]}`); !got || err != nil {
		t.Errorf("match = %v, %v", got, err)
	}
	if got, err := test(`{"source": "b"}`, `{"source": ["a"]}`); got || err != nil {
		t.Errorf("no match = %v, %v", got, err)
	}
	_, err := test(`[]`, `{"source": ["a"]}`)
	wantCode(t, err, "ValidationException", "Parameter Event is not valid.")
	_, err = test(`{}`, `{"source": []}`)
	wantCode(t, err, "InvalidEventPatternException", "Empty arrays")
	_, err = f.service.Call("PutPermission", nil)
	if e, ok := errors.AsType[*api.Error](err); !ok || e.Code != "UnknownOperationException" {
		t.Errorf("unknown operation: %v", err)
	}
}
