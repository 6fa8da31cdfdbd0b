package handler_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
)

// wrappings are the ways for an event to reach the function.
var wrappings = []struct {
	name string
	sqs  bool // the answer lists messages to deliver again, not outcomes
	wrap func(detail string) string
}{
	{"direct", false, func(d string) string { return `{"detailType":"Launch Requested",` + d[1:] }},
	{"EventBridge", false, func(d string) string { return envelope("111122223333", d) }},
	{"SNS of a bare detail", false, func(d string) string {
		return notification(`{"detailType":"Launch Requested",` +
			d[1:])
	}},
	{"SNS of an event", false, func(d string) string { return notification(envelope("111122223333", d)) }},
	{"SQS of a bare detail", true, func(d string) string {
		return batch(otherQueue,
			`{"detailType":"Launch Requested",`+d[1:])
	}},
	{"SQS of an event", true, func(d string) string { return batch(eventQueue, envelope("111122223333", d)) }},
	{"SQS of SNS of a bare detail", true, func(d string) string {
		return batch(otherQueue, notification(`{"detailType":"Launch Requested",`+d[1:]))
	}},
	{"SQS of SNS of an event", true, func(d string) string {
		return batch(otherQueue,
			notification(envelope("111122223333", d)))
	}},
}

const nothingFailed = `{"batchItemFailures":[]}`

// TestPayloads sends an accepted and a refused launch in every wrapping. Answers and log lines
// are the same for each.
func TestPayloads(t *testing.T) {
	for _, w := range wrappings {
		t.Run(w.name, func(t *testing.T) {
			r := newRig(t)
			for _, row := range []struct {
				detail string
				status events.Status
				reason string
			}{
				{requested("a", 8000), events.Ensured, ""},
				{requested("b", 70000), events.Rejected, "/rules/0/ports"},
			} {
				reply := r.invoke(w.wrap(row.detail))
				if w.sqs && reply != nothingFailed {
					t.Errorf("answer %s, want %s", reply, nothingFailed)
				}
				if !w.sqs {
					checkAnswer(t, reply, row.status, row.reason)
				}
				logged, _ := r.lines()
				if len(logged) == 0 {
					t.Fatal("the log is empty")
				}
				line := logged[len(logged)-1]
				if line["message"] != "outcome" || line["status"] != string(row.status) || line["group"] != group {
					t.Errorf("logged %v, want the outcome %s", line, row.status)
				}
			}
			if got := len(r.account.Rules(group)); got != 2 { // one is the egress rule
				t.Errorf("the group has %d rules, want 2", got)
			}
		})
	}
}

func checkAnswer(t *testing.T, reply string, status events.Status, reason string) {
	t.Helper()
	var result events.Result
	if err := json.Unmarshal([]byte(reply), &result); err != nil || len(result.Outcomes) != 1 {
		t.Fatalf("answer %s, %v: want one outcome", reply, err)
	}
	o := result.Outcomes[0]
	if o.Status != status || o.Group.ID != group || o.Group.Account != "111122223333" || o.Group.Region != "us-east-1" {
		t.Errorf("outcome %+v, want it %s", o, status)
	}
	if reason != "" && (len(o.Reasons) != 1 || o.Reasons[0].Field != reason) {
		t.Errorf("reasons %v, want one at %s", o.Reasons, reason)
	}
}

// TestUnreadable: the function answers a payload that it can never serve. A failure would
// bring the same bytes again.
func TestUnreadable(t *testing.T) {
	r := newRig(t)
	for _, payload := range []string{
		"", " ", "{", "null", "[]", "42", `"text"`, "\xff\xfe", "\x00", "{}", `{"a":1}`, `{"detailType":7}`, "not JSON",
		`{"Records":[{"eventSource":"aws:s3"}]}`, `{"Records":[],"detailType":"Launch Requested"}`,
		`{"sgkeeper":"sweeps"}`, strings.Repeat("[", 100_000), `{"detailType":"Launch Requested"} {}`,
	} {
		o := r.outcome(payload)
		if o.Status != events.Rejected || len(o.Reasons) == 0 || o.Reasons[0].Problem == "" {
			t.Errorf("%.40q: %s %v, want rejected with a reason", payload, o.Status, o.Reasons)
		}
	}
	if reply := r.invoke(batch(otherQueue, "", "null", "\x00", bare("a", 8000))); reply != nothingFailed {
		t.Errorf("answer %s, want nothing to come again", reply)
	}
	if reply := r.invoke(`{"Records":[]}`); reply != nothingFailed {
		t.Errorf("an empty batch is answered %s", reply)
	}
}

// TestLarge sends events of 1 MiB, the maximum of EventBridge and SQS.
func TestLarge(t *testing.T) {
	r := newRig(t)
	fits := bare("a", 8000)
	fits = fits[:len(fits)-1] + strings.Repeat(" ", 1<<20-len(fits)) + "}"
	if o := r.outcome(fits); o.Status != events.Ensured {
		t.Errorf("an event of 1 MiB is %s %.300v", o.Status, o.Reasons)
	}
	if o := r.outcome(fits + " "); o.Status != events.Rejected {
		t.Errorf("an event of more than 1 MiB is %s", o.Status)
	}
	if reply := r.invoke(batch(eventQueue, fits, fits, fits, fits, fits)); reply != nothingFailed {
		t.Errorf("a batch of 5 MiB is answered %s", reply)
	}
	r.lines()
	wrong := `{"detailType":"Launch Requested","launch":"a","group":"` + group + `","rules":[` +
		strings.Repeat(`{"x":1},`, 100_000) + `{}]}`
	if o := r.outcome(wrong); o.Status != events.Rejected || len(o.Reasons) < 100 {
		t.Errorf("an event of many faults is %s for %d reasons", o.Status, len(o.Reasons))
	}
	for _, line := range r.log.take() {
		if len(line) > 64<<10 {
			t.Errorf("a log line of %d bytes: %.200s", len(line), line)
		}
	}
}

// TestLargeAnswer: an answer stays below Lambda's limit.
func TestLargeAnswer(t *testing.T) {
	r := newRig(t)
	for i := range 58 {
		rule := ruleFrom("tcp", 1000*i, 1000*i+999, "10.0.0.0/8")
		if _, err := r.account.AddRule(group, rule); err != nil {
			t.Fatal(err)
		}
	}
	var peers []string
	for i := range 900 {
		peers = append(peers, fmt.Sprintf(`"10.1.%d.%d"`, i/250, i%250))
	}
	payload := fmt.Sprintf(`{"detailType":"Launch Requested","launch":"a","group":%q,"rules":[{"ports":"0-57999","from":[%s]}]}`, group, strings.Join(peers, ","))
	reply := r.invoke(payload)
	if len(reply) > 6<<20 {
		t.Errorf("an answer of %d bytes: Lambda returns 6 MB", len(reply))
	}
	var result events.Result
	if err := json.Unmarshal([]byte(reply), &result); err != nil || len(result.Outcomes[0].Covered) != 900 ||
		len(result.Outcomes[0].Covered[0].By) != 1 {
		t.Errorf("answer %.300s, %v: want 900 rules covered by one each", reply, err)
	}
}

// TestBelieved: the function trusts an envelope's account only from the event queue. It does
// not serve groups of another account.
func TestBelieved(t *testing.T) {
	r := newRig(t)
	theirs := envelope("444455556666", requested("a", 8000))
	for _, row := range []struct{ payload, status string }{
		{batch(eventQueue, theirs), "rejected"}, // it means the other account's group
		{batch(otherQueue, theirs), "ensured"},  // it counts as the function's account
		{theirs, "ensured"},
	} {
		r.invoke(row.payload)
		logged, _ := r.lines()
		if got := logged[len(logged)-1]["status"]; got != row.status {
			t.Errorf("%.100s: %v, want %s", row.payload, got, row.status)
		}
	}
}

// TestAccount: the account is the configured one, or that of the function's ARN, or unknown.
func TestAccount(t *testing.T) {
	for _, row := range []struct {
		configured, arn string
		known           bool
	}{
		{"111122223333", "", true},
		{"", "arn:aws:lambda:us-east-1:111122223333:function:sgkeeper-ensure:live", true},
		{"", "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:x", true},
		{"", "arn:aws:lambda:us-east-1::function:x", false},
		{"", "sgkeeper-ensure", false},
		{"", "", false},
	} {
		r := newRig(t, func(c *handler.Config) { c.Account = row.configured })
		ctx := t.Context()
		if row.arn != "" {
			ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{InvokedFunctionArn: row.arn})
		}
		reply, err := r.handler.Invoke(ctx, []byte(bare("a", 8000)))
		if known := err == nil && strings.Contains(string(reply), `"account":"111122223333"`); known != row.known {
			t.Errorf("configured %q, ARN %q: %s, %v; want it known: %v", row.configured, row.arn, reply, err, row.known)
		}
		if err != nil && !strings.Contains(err.Error(), "SGKEEPER_ACCOUNT") {
			t.Errorf("%v, want the remedy named", err)
		}
	}
}
