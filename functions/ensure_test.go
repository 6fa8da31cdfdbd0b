package functions_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestEnsure runs the program as Lambda does: a cold start, then events of all kinds in the
// same process.
func TestEnsure(t *testing.T) {
	account, environment, closeAccount := serveAccount(t)
	defer closeAccount()
	process := build(t, "./ensure").start(t, append(environment, "SGKEEPER_BUS=launches")...)
	process.ready()
	process.invoke(requestOf("a", 8000), `"account":"111122223333"`)
	cold := time.Since(process.started)
	var warm time.Duration
	for _, row := range []struct{ name, event, want string }{
		{"direct", requestOf("b", 8002), `"status":"ensured"`},
		{"repeat", requestOf("b", 8002), `"status":"ensured"`},
		{"SQS", batch(requestOf("c", 8004), requestOf("d", 22), "no JSON"), `{"batchItemFailures":[]}`},
		{"refused", requestOf("e", 22), `"status":"rejected"`},
		{"no JSON", "no JSON", `"status":"rejected"`},
		{"nothing", "", `"status":"rejected"`},
	} {
		process.ready()
		took := process.invoke(row.event, row.want)
		t.Logf("%-8s %v", row.name, took.Round(100*time.Microsecond))
		if row.name == "direct" {
			warm = took
		}
	}
	t.Logf("cold start to answer %v, warm %v", cold.Round(100*time.Microsecond), warm.Round(100*time.Microsecond))
	if got := len(account.Rules(group)); got != 4 { // with the egress rule
		t.Errorf("the group has %d rules, want 4", got)
	}
	process.stop()
	checkOutput(t, process)
}

func batch(bodies ...string) string {
	records := make([]string, len(bodies))
	for i, body := range bodies {
		records[i] = fmt.Sprintf(`{"messageId":"m%d","body":%q,"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:111122223333:q"}`, i, body)
	}
	return `{"Records":[` + strings.Join(records, ",") + `]}`
}

// checkOutput checks that the process wrote only lines of JSON, to standard output.
func checkOutput(t *testing.T, p *process) {
	t.Helper()
	out := p.out.String()
	if p.said.Len() > 0 {
		t.Errorf("standard error: %s", p.said.String())
	}
	if got := strings.Count(out, `"message":"outcome"`); got != 9 {
		t.Errorf("%d outcome lines, want 9:\n%s", got, out)
	}
	if got := strings.Count(out, `"ColdStart":1`); got != 1 {
		t.Errorf("%d cold starts, want 1", got)
	}
	if !strings.Contains(out, `"xray_trace_id":"`+traceID+`"`) {
		t.Error("the log does not name the trace")
	}
}
