package handler_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

const header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"

// TestLogLines: every line has the keys that log queries for Lambda functions expect, and each
// launch has one outcome.
func TestLogLines(t *testing.T) {
	t.Setenv("_X_AMZN_TRACE_ID", header)
	r := newRig(t)
	before := time.Now()
	for cold := true; ; cold = false {
		r.invoke(batch(otherQueue, bare("a", 8000), bare("b", 8002), bare("c", 0)[:20]))
		logged, _ := r.lines()
		outcomes := 0
		for _, line := range logged {
			r.checkLine(line, cold, before)
			if line["message"] == "outcome" {
				outcomes++
			}
		}
		if outcomes != 3 {
			t.Errorf("%d outcome lines, want 3: %v", outcomes, logged)
		}
		if !cold {
			break
		}
	}
}

func (r *rig) checkLine(line map[string]any, cold bool, since time.Time) {
	r.t.Helper()
	for key, want := range map[string]any{
		"level": "INFO", "service": "sgkeeper-ensure", "installation": "111122223333/us-east-1/sgkeeper",
		"cold_start": cold, "function_request_id": requestID,
		"xray_trace_id": "1-5759e988-bd862e3fe1be46a994272793",
	} {
		if line[key] != want {
			r.t.Errorf("%s is %v, want %v: %v", key, line[key], want, line)
		}
	}
	at, err := time.Parse(time.RFC3339Nano, fmt.Sprint(line["timestamp"]))
	if err != nil || at.Before(since) || at.After(time.Now()) {
		r.t.Errorf("timestamp %v, %v", line["timestamp"], err)
	}
}

// TestLogKeysOnce: no line repeats a key, because readers could take either value.
func TestLogKeysOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(c *handler.Config) { c.LogLevel = slog.LevelDebug; c.Quota = 2 })
		r.invoke(batch(otherQueue, bare("a", 8000), bare("b", 8002), bare("c", 8004), "{}"))
		r.account.Inject(func(op fakeaws.Op) (bool, error) { return op.Service != "ec2", nil })
		r.invoke(batch(otherQueue, bare("d", 8006)))
		for _, line := range r.log.take() {
			if key, twice := repeatedKey(line); twice {
				t.Errorf("%s occurs twice in %s", key, line)
			}
		}
	})
}

// repeatedKey returns a key that a JSON object repeats at its top level.
func repeatedKey(object string) (string, bool) {
	d := json.NewDecoder(strings.NewReader(object))
	seen := make(map[any]bool)
	_, _ = d.Token() // the brace
	for d.More() {
		key, _ := d.Token()
		if seen[key] {
			return fmt.Sprint(key), true
		}
		seen[key] = true
		var value any
		if d.Decode(&value) != nil {
			break
		}
	}
	return "", false
}

// TestTraceOfContext: the trace comes from the context if several invocations share a process
// and its environment.
func TestTraceOfContext(t *testing.T) {
	t.Setenv("_X_AMZN_TRACE_ID", "Root=1-00000000-000000000000000000000000")
	r := newRig(t)
	//lint:ignore SA1029 the runtime's own key
	ctx := context.WithValue(lambda(t), "x-amzn-trace-id", header)
	if _, err := r.handler.Invoke(ctx, []byte(bare("a", 8000))); err != nil {
		t.Fatal(err)
	}
	logged, _ := r.lines()
	if got := logged[0]["xray_trace_id"]; got != "1-5759e988-bd862e3fe1be46a994272793" {
		t.Errorf("xray_trace_id %v, want the context's", got)
	}
}

// TestNoTrace: without a trace, the line lacks the key.
func TestNoTrace(t *testing.T) {
	t.Setenv("_X_AMZN_TRACE_ID", "")
	r := newRig(t)
	r.invoke(bare("a", 8000))
	logged, _ := r.lines()
	if trace, ok := logged[0]["xray_trace_id"]; ok {
		t.Errorf("xray_trace_id %v, want none", trace)
	}
}

// hostile are characters with an effect on a terminal or a reader: an escape sequence, a C1
// control, a line break, a right-to-left override, a NUL, and bytes that are not UTF-8.
var hostile = []string{"\x1b[2J", "\u009b2J", "\n{\"message\":\"outcome\"}", "\r", "\u202e", "\u2028", "\x00", "\x7f",
	"\xff\xfe", "\ufeff"}

// TestNothingHostileIsLogged puts hostile characters into every text of an event.
func TestNothingHostileIsLogged(t *testing.T) {
	r := newRig(t)
	for _, h := range hostile {
		in := quoted(h)
		inside := in[1 : len(in)-1]
		for _, payload := range []string{
			h,
			`{"detailType":` + in + `}`,
			`{"detailType":"Launch Requested","launch":` + in + `,"group":` + in + `,"rules":[],` + in + `:1}`,
			`{"detailType":"Launch Requested","launch":"a","group":{"id":"` + group + `","` + inside +
				`":1},"rules":[{"` + inside + `":{"` + inside + `":0}}]}`,
			`{"detailType":"Launch Requested","launch":"a","group":"` + group + `","rules":[{"ports":` + in +
				`,"from":[` + in + `],"protocol":` + in + `,"description":` + in + `}]}`,
			envelope(inside, `{"`+inside+`":1}`),
			notification(h),
			`{"Records":[{"eventSource":"aws:sqs","messageId":` + in + `,"body":` + in + `,"eventSourceARN":` + in +
				`}]}`,
		} {
			r.invoke(payload)
		}
	}
	for _, line := range r.log.take() {
		r.checkHarmless(line)
	}
}

// TestFailuresAreHarmless: AWS fails in every way, and the log has no credentials.
func TestFailuresAreHarmless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.failEveryWay()
		for _, line := range r.log.take() {
			r.checkHarmless(line)
		}
	})
}

// failEveryWay invokes the function while AWS fails: with a proxy's answers, and with broken
// connections.
func (r *rig) failEveryWay() {
	answers := []error{
		&fakeaws.Error{Code: "InternalFailure", Message: "\x1b[31mred\u202e", Status: 400},
		&fakeaws.Error{Code: "AccessDenied\x1b", Message: "no\nlines", Status: 403},
		fmt.Errorf("dial \x1b[2J"),
	}
	for i, answer := range answers {
		for _, service := range []string{"dynamodb", "ec2"} {
			r.account.Inject(func(op fakeaws.Op) (bool, error) {
				if op.Service == service {
					return false, answer
				}
				return true, nil
			})
			ctx, cancel := context.WithTimeout(lambda(r.t), 8500*time.Millisecond)
			_, _ = r.handler.Invoke(ctx, []byte(bare(fmt.Sprintf("%s-%d", service, i), 9000+i)))
			cancel()
		}
	}
	r.account.Inject(nil)
}

func (r *rig) checkHarmless(line string) {
	r.t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(line), &object); err != nil {
		r.t.Errorf("line %q: %v", line, err)
	}
	for _, c := range line {
		if c == unicode.ReplacementChar {
			continue
		}
		if !unicode.IsPrint(c) {
			r.t.Errorf("%U in the line %q", c, line)
			break
		}
	}
	for _, secret := range secrets {
		if strings.Contains(line, secret) {
			r.t.Errorf("a credential in the line %s", line)
		}
	}
}

// TestConcurrently serves many invocations in one process, as Lambda's managed instances do.
// Lines stay whole, and one invocation is cold.
func TestConcurrently(t *testing.T) {
	r := newRig(t)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() { r.invoke(batch(otherQueue, bare(fmt.Sprintf("launch-%d", i), 8000+2*(i%10)))) })
	}
	all.Wait()
	logged, measured := r.lines()
	cold := 0
	for _, line := range measured {
		if line["ColdStart"] != nil {
			cold++
		}
	}
	if len(measured) != 41 || cold != 1 {
		t.Errorf("%d lines of metrics, %d cold starts; want 41 and 1", len(measured), cold)
	}
	outcomes := make(map[any]int)
	for _, line := range logged {
		if line["message"] == "outcome" {
			outcomes[line["launch"]]++
		}
	}
	if len(outcomes) != 40 {
		t.Errorf("outcomes of %d launches, want 40", len(outcomes))
	}
	if got := len(r.account.Rules(group)); got != 11 {
		t.Errorf("the group has %d rules, want 11", got)
	}
}
