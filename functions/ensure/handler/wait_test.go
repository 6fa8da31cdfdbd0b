package handler_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
)

// waits invokes the function by its alias for waits.
func (r *rig) waits(payload string) []events.Outcome {
	r.t.Helper()
	reply, err := r.handler.Invoke(lambdaBy(r.t, functionARN+":wait"), []byte(payload))
	var result events.Result
	if err == nil {
		err = json.Unmarshal(reply, &result)
	}
	if err != nil {
		r.t.Fatalf("wait %s: %v", payload, err)
	}
	return result.Outcomes
}

func withWaits(c *handler.Config) { c.WaitQualifier = "wait" }

func waitFor(detail, more string) string {
	return `{"sgkeeper":"wait","request":` + detail + `,"seconds":0` + more + `}`
}

func waitForEnd(detail string) string { return `{"sgkeeper":"wait","end":` + detail + `,"seconds":0}` }

// TestWaits: the answer to a launcher in each state, and the calls of one poll. It never writes.
func TestWaits(t *testing.T) {
	const (
		ended    = `{"launch":"a"}`
		endedIn  = `{"launch":"a","group":"` + group + `"}`
		worldSSH = `{"launch":"ssh","group":"` + group + `","rules":[{"ports":22,"from":["0.0.0.0/0"]}]}`
	)
	named := `{"launch":"a","group":{"name":"shared","vpc":"vpc-0d000000000000000"},"rules":[{"ports":8000,"from":["10.0.0.0/8"]}]}`
	for _, row := range []struct {
		name          string
		before        []string // payloads that the function serves before
		wait          string
		status        events.Status
		says          string
		dynamodb, ec2 int
	}{
		{"nothing on record", nil, waitFor(requested("a", 8000), ""), events.Queued, "neither a request nor a refusal",
			3, 0},
		{"served", []string{bare("a", 8000)}, waitFor(requested("a", 8000), ""), events.Ensured, "", 3, 0},
		{"served, without rules", []string{bare("a", 8000)}, waitFor(`{"launch":"a","group":"`+group+`"}`, ""),
			events.Ensured, "", 3, 0},
		{"served, in all groups", []string{bare("a", 8000)}, waitFor(`{"launch":"a"}`, ""), events.Ensured, "", 4, 0},
		{"served, by the group's name", []string{bare("a", 8000)}, waitFor(named, ""), events.Ensured, "", 3, 1},
		{"other rules", []string{bare("a", 8000)}, waitFor(requested("a", 9000), ""), events.Queued,
			"neither a request nor a refusal", 3, 0},
		{"other launch", []string{bare("a", 8000)}, waitFor(requested("b", 8000), ""), events.Queued,
			"neither a request nor a refusal", 3, 0},
		{"other account", []string{bare("a", 8000)}, waitFor(requested("a", 8000), `,"account":"999988887777"`),
			events.Queued, "neither a request nor a refusal", 3, 0},
		{"no such group by name", nil, waitFor(strings.Replace(named, "shared", "other", 1), ""), events.Queued,
			"EC2 knows no such group", 1, 1},
		{"refused by guardrails", []string{ofType("Launch Requested", worldSSH)}, waitFor(worldSSH, ""),
			events.Rejected, "SSH", 3, 0},
		{"refused, another event", []string{ofType("Launch Requested", worldSSH)}, waitFor(worldSSH, `,"event":"e-2"`),
			events.Queued, "neither a request", 3, 0},
		{"refused, without rules", []string{ofType("Launch Requested", worldSSH)}, waitFor(`{"launch":"ssh"}`, ""),
			events.Rejected, "SSH", 2, 0},
		{"refused, this event", []string{batch(eventQueue, envelope("111122223333", worldSSH))},
			waitFor(worldSSH, `,"event":"7bf73129-1428-4cd3-a780-95db273d1602","source":"launcher"`), events.Rejected,
			"SSH", 3, 0},
		{"ended", []string{bare("a", 8000), ofType("Launch Ended", ended)}, waitFor(requested("a", 8000), ""),
			events.Rejected, "launch-ended", 2, 0},
		{"ended before", []string{ofType("Launch Ended", ended)}, waitFor(requested("a", 8000), ""), events.Rejected,
			"launch-ended", 3, 0},
		{"end, not on record", []string{bare("a", 8000)}, waitForEnd(ended), events.Queued,
			"no end of this launch is on record", 1, 0},
		{"end, served", []string{bare("a", 8000), ofType("Launch Ended", ended)}, waitForEnd(ended), events.Released,
			"", 2, 0},
		{"end in a group, served", []string{bare("a", 8000), ofType("Launch Ended", endedIn)}, waitForEnd(endedIn),
			events.Released, "", 2, 0},
		{"end in a group, not in all", []string{bare("a", 8000), ofType("Launch Ended", endedIn)}, waitForEnd(ended),
			events.Queued, "no end", 1, 0},
		{"end of all, in a group", []string{bare("a", 8000), ofType("Launch Ended", ended)}, waitForEnd(endedIn),
			events.Released, "", 2, 0},
		{"end of an unknown launch", []string{ofType("Launch Ended", ended)}, waitForEnd(ended), events.Released, "",
			1, 0},
		{"end of an unknown launch, in a group", []string{ofType("Launch Ended", endedIn)}, waitForEnd(endedIn),
			events.Released, "", 1, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, withWaits)
			for _, payload := range row.before {
				r.invoke(payload)
			}
			r.account.ResetCalls()
			outcomes := r.waits(row.wait)
			if len(outcomes) != 1 || outcomes[0].Status != row.status ||
				!strings.Contains(fmt.Sprint(outcomes[0].Reasons), row.says) ||
				(row.says == "") != (len(outcomes[0].Reasons) == 0) {
				t.Fatalf("%s: %+v, want %s with %q", row.name, outcomes, row.status, row.says)
			}
			r.wantReads(row.name, row.dynamodb, row.ec2)
		})
	}
}

// wantReads checks the calls since the last reset: as many reads, and nothing else.
func (r *rig) wantReads(name string, dynamodb, ec2 int) {
	r.t.Helper()
	calls := r.account.Calls()
	reads := calls.Op("dynamodb", "GetItem") + calls.Op("dynamodb", "Query")
	if reads != dynamodb || calls.Of("dynamodb") != dynamodb || calls.Of("ec2") != ec2 || calls.Of("events") != 0 {
		r.t.Errorf("%s: %d reads of DynamoDB and %d calls of EC2, want %d and %d:\n%v", name, reads, calls.Of("ec2"),
			dynamodb, ec2, calls)
	}
}

// TestWaitHolds: the function answers as soon as the outcome is known, and when the seconds are
// over. It keeps to its own deadline.
func TestWaitHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, withWaits)
		served := make(chan struct{})
		time.AfterFunc(2*time.Second, func() {
			defer close(served)
			if _, err := r.handler.Invoke(lambda(t), []byte(bare("a", 8000))); err != nil {
				t.Error(err)
			}
		})
		start := time.Now()
		outcomes := r.waits(`{"sgkeeper":"wait","request":` + requested("a", 8000) + `,"seconds":15}`)
		if took := time.Since(start); outcomes[0].Status != events.Ensured || took < 2*time.Second ||
			took > 3100*time.Millisecond {
			t.Errorf("%+v after %v, want it ensured after 2 to 3 s", outcomes, took)
		}
		<-served
		for seconds, want := range map[int]time.Duration{0: 0, 5: 5 * time.Second} {
			start = time.Now()
			outcomes = r.waits(fmt.Sprintf(`{"sgkeeper":"wait","request":%s,"seconds":%d}`, requested("b", 8000),
				seconds))
			if took := time.Since(start); outcomes[0].Status != events.Queued || took != want {
				t.Errorf("%+v after %v, want it queued after %v", outcomes, took, want)
			}
		}
		ctx, cancel := context.WithTimeout(lambdaBy(t, functionARN+":wait"), 8*time.Second)
		defer cancel()
		start = time.Now()
		if _, err := r.handler.Invoke(ctx,
			[]byte(`{"sgkeeper":"wait","end":{"launch":"b"},"seconds":15}`)); err != nil ||
			time.Since(start) != 5*time.Second {
			t.Errorf("a wait within 8 s: %v after %v, want an answer after 5 s", err, time.Since(start))
		}
	})
}

// TestWaitAlias: the alias accepts waits, and refuses the rest without a record or an event. A
// malformed wait leaves none either, by any alias.
func TestWaitAlias(t *testing.T) {
	r := newRig(t, withWaits)
	for _, payload := range []string{
		bare("a", 8000), ofType("Launch Ended", `{"launch":"a"}`), `{"sgkeeper":"sweep"}`,
		envelope("111122223333", requested("a", 8000)),
		batch(otherQueue, bare("a", 8000)), batch(eventQueue, bare("a", 8000), bare("b", 8000)),
		notification(bare("a", 8000)), `{}`, `hello`,
	} {
		outcomes := r.waits(payload)
		if len(outcomes) != 1 || outcomes[0].Status != events.Rejected ||
			!strings.Contains(fmt.Sprint(outcomes[0].Reasons), "the alias wait accepts only waits") {
			t.Errorf("%s by the alias: %+v, want it refused", payload, outcomes)
		}
	}
	const malformed = `{"sgkeeper":"wait","request":{"launch":"a","group":"sg-1"},"second":5}`
	for _, outcomes := range [][]events.Outcome{r.waits(malformed), {r.outcome(malformed)}} {
		if len(outcomes) != 1 || outcomes[0].Status != events.Rejected ||
			!strings.Contains(fmt.Sprint(outcomes[0].Reasons), "/request/group") {
			t.Errorf("a malformed wait: %+v, want the pointers of its faults", outcomes)
		}
	}
	r.wantReads("refused", 0, 0)
	if o := r.outcome(waitFor(requested("a", 8000), "")); o.Status != events.Queued {
		t.Errorf("a wait without the alias: %+v, want it queued", o)
	}
}

// TestWaitObserves: in observe mode, a recorded request is observed.
func TestWaitObserves(t *testing.T) {
	r := newRig(t, withWaits, func(c *handler.Config) { c.Mode = handler.Observe })
	r.invoke(bare("a", 8000))
	if o := r.waits(waitFor(requested("a", 8000), ""))[0]; o.Status != events.Observed || len(o.Reasons) != 1 {
		t.Errorf("%+v, want it observed", o)
	}
}

// TestWaitWithoutTable: a table that cannot be read is a reason to wait, not an answer.
func TestWaitWithoutTable(t *testing.T) {
	r := newRig(t, withWaits, func(c *handler.Config) { c.Table = "nowhere" })
	if o := r.waits(waitFor(requested("a", 8000), ""))[0]; o.Status != events.Queued ||
		!strings.Contains(fmt.Sprint(o.Reasons), "table cannot be read now") {
		t.Errorf("%+v, want it queued for that reason", o)
	}
	for _, secret := range secrets {
		if strings.Contains(r.log.String(), secret) {
			t.Errorf("the log has a secret")
		}
	}
}

func ofType(detailType, detail string) string {
	return fmt.Sprintf(`{"detailType":%q,%s`, detailType, detail[1:])
}
