package launcher_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/launcher"
)

func request(t *testing.T, launch, ports string, from ...string) events.Request {
	t.Helper()
	rules, err := launcher.Rules(ports, from...)
	if err != nil {
		t.Fatal(err)
	}
	return events.Request{Launch: claim.Launch{Name: launch}, Group: events.Group{ID: group}, Rules: rules}
}

// TestWays: each way sends the same event.
func TestWays(t *testing.T) {
	cfg, account := account()
	var put []string
	account.FailEntries(func(e fakeaws.Entry) *fakeaws.Error {
		put = append(put, e.EventBusName+" "+e.Source+" "+e.DetailType+" "+e.Detail)
		return nil
	})
	_, err := eventbridge.NewFromConfig(cfg).CreateEventBus(t.Context(),
		&eventbridge.CreateEventBusInput{Name: aws.String("sgkeeper")})
	if err != nil {
		t.Fatal(err)
	}
	queue, err := sqs.NewFromConfig(cfg).CreateQueue(t.Context(),
		&sqs.CreateQueueInput{QueueName: aws.String("launches")})
	if err != nil {
		t.Fatal(err)
	}
	r := request(t, "a", "8000", "10.0.0.0/8")
	for _, way := range []launcher.Way{
		launcher.Bus(eventbridge.NewFromConfig(cfg), "sgkeeper", "test"),
		launcher.Queue(sqs.NewFromConfig(cfg), *queue.QueueUrl),
		launcher.Function(lambda.NewFromConfig(cfg), "sgkeeper-ensure"),
	} {
		if err := (&launcher.Launcher{Way: way}).Open(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	detail := `{"launch":"a","group":"sg-0123456789abcdef0","rules":[{"protocol":"tcp","ports":"8000","from":["10.0.0.0/8"]}]}`
	if diff := cmp.Diff([]string{"sgkeeper test Launch Requested " + detail}, put); diff != "" {
		t.Errorf("put on the bus (-want +got):\n%s", diff)
	}
	got, err := sqs.NewFromConfig(cfg).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl})
	if err != nil {
		t.Fatal(err)
	}
	body := `{"detailType":"Launch Requested","group":"sg-0123456789abcdef0","launch":"a","rules":[{"from":["10.0.0.0/8"],"ports":"8000","protocol":"tcp"}]}`
	if len(got.Messages) != 1 || *got.Messages[0].Body != body {
		t.Errorf("in the queue %v, want %s", got.Messages, body)
	}
	if missing, err := (&launcher.Launcher{Groups: ec2.NewFromConfig(cfg)}).Missing(t.Context(), r); err != nil ||
		len(missing) > 0 {
		t.Errorf("the function was invoked, and %v is missing, %v", missing, err)
	}
}

// TestRejected: Open checks a request before it sends it. A refusal by the function is the
// same type of error.
func TestRejected(t *testing.T) {
	cfg, _ := account()
	l := launcher.Launcher{Way: launcher.Function(lambda.NewFromConfig(cfg), "sgkeeper-ensure"),
		Groups: ec2.NewFromConfig(cfg)}
	for _, row := range []struct {
		r    events.Request
		want string
	}{
		{request(t, "a b", "8000", "10.0.0.0/8"), "a b is rejected: /launch: "},
		{request(t, "a", "22", "0.0.0.0/0"), "a is rejected: /rules"},
	} {
		err := l.Open(t.Context(), row.r)
		if rejected, ok := errors.AsType[*launcher.RejectedError](err); !ok ||
			!strings.HasPrefix(err.Error(), row.want) || len(rejected.Reasons) != 1 {
			t.Errorf("Open = %v, want %s", err, row.want)
		}
	}
	if err := l.End(t.Context(), events.End{Launch: claim.Launch{Name: ""}}); err == nil {
		t.Error("the end of a launch without a name was sent")
	}
}

func TestFunctionFails(t *testing.T) {
	cfg, account := account()
	l := launcher.Launcher{Way: launcher.Function(lambda.NewFromConfig(cfg), "sgkeeper-ensure")}
	account.AddFunction("sgkeeper-ensure", func(context.Context, []byte) ([]byte, error) {
		return nil,
			errors.New("try again: throttled")
	})
	if err := l.Open(t.Context(), request(t, "a", "8000", "10.0.0.0/8")); err == nil ||
		err.Error() != "the function sgkeeper-ensure failed: try again: throttled" {
		t.Errorf("Open = %v", err)
	}
	account.AddFunction("sgkeeper-ensure", func(context.Context, []byte) ([]byte, error) {
		return []byte(`"hello"`),
			nil
	})
	if err := l.Open(t.Context(), request(t, "a", "8000", "10.0.0.0/8")); err == nil ||
		!strings.Contains(err.Error(), "is not sgkeeper's") {
		t.Errorf("Open = %v", err)
	}
}

// TestWait: Wait returns when the rules exist, also for a group by name, or returns the
// missing rules.
func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, account := account()
		l := launcher.Launcher{Groups: ec2.NewFromConfig(cfg)}
		r := request(t, "a", "8000,8002", "10.0.0.0/8")
		r.Group = events.Group{Name: "shared", VPC: "vpc-0d000000000000000"}
		time.AfterFunc(5*time.Second, func() {
			for _, port := range []int{8000, 8002} {
				if _, err := account.AddRule(group, fakeaws.Rule{Protocol: "tcp", FromPort: port, ToPort: port,
					Peer: "10.0.0.0/8"}); err != nil {
					t.Error(err)
				}
			}
		})
		start := time.Now()
		if err := l.Wait(t.Context(), r); err != nil || time.Since(start) != 6*time.Second {
			t.Errorf("Wait = %v after %v, want nil after 6s", err, time.Since(start))
		}

		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		err := l.Wait(ctx, request(t, "b", "8000,9000", "10.0.0.0/8"))
		if missing, ok := errors.AsType[*launcher.MissingError](err); !ok || len(missing.Rules) != 1 ||
			!errors.Is(err, context.DeadlineExceeded) ||
			err.Error() != "b is still without tcp 9000 from 10.0.0.0/8: context deadline exceeded" {
			t.Errorf("Wait = %v", err)
		}
		ended, end := context.WithCancel(t.Context())
		end()
		err = l.Wait(ended, request(t, "b", "8000", "10.0.0.0/8"))
		if missing, ok := errors.AsType[*launcher.MissingError](err); !ok || len(missing.Rules) != 0 ||
			err.Error() != "b: its group was not read in time, so it is unknown whether its ports are open: context canceled" {
			t.Errorf("Wait that never reads the group = %v", err)
		}
		if err := (&launcher.Launcher{}).Wait(t.Context(), r); !errors.Is(err, launcher.ErrNoGroups) {
			t.Errorf("Wait without Groups = %v", err)
		}
		r.Group.Name = "other"
		if err := l.Wait(t.Context(), r); err == nil || !strings.Contains(err.Error(), "no such security group") {
			t.Errorf("Wait for an unknown group = %v", err)
		}
	})
}

func TestIncarnation(t *testing.T) {
	a, b := launcher.Incarnation("llama4"), launcher.Incarnation("llama4")
	if a == b || len(a) != len("llama4-7f3a09c2") || !strings.HasPrefix(a, "llama4-") {
		t.Errorf("incarnations %s and %s", a, b)
	}
	if got := launcher.Incarnation(strings.Repeat("a", 200)); len(got) != 128 {
		t.Errorf("a long name became %d characters", len(got))
	}
}

func TestRules(t *testing.T) {
	rules, err := launcher.Rules("8000,8001-8004", "10.0.0.0/8", "self")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range rules {
		got = append(got, e.Rule.String())
	}
	if diff := cmp.Diff([]string{"tcp 8000-8004 from 10.0.0.0/8", "tcp 8000-8004 from self"}, got); diff != "" {
		t.Errorf("Rules (-want +got):\n%s", diff)
	}
	for _, row := range [][]string{{"8000"}, {"x", "self"}, {"8000", "here"}, {"", "self"}} {
		if rules, err := launcher.Rules(row[0], row[1:]...); err == nil {
			t.Errorf("Rules(%q) = %v", row, rules)
		}
	}
}
