package ensure_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// refusals returns the table's records of refused events, in order.
func (r *rig) refusals() []claim.Refusal {
	r.t.Helper()
	refusals, _, err := r.tables().AllRefusals(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	return claim.RefusalsInOrder(refusals)
}

// enveloped puts a bare detail into EventBridge's envelope.
func enveloped(id string, at time.Time, bare []byte) []byte {
	detail := strings.Replace(string(bare), `"detailType":"Launch Requested",`, "", 1)
	return marshal(map[string]any{
		"version": "0", "id": id, "detail-type": events.LaunchRequested, "source": "launcher",
		"account": "111122223333",
		"region":  "us-east-1", "time": at.UTC().Format(time.RFC3339), "resources": []string{},
		"detail": json.RawMessage(detail),
	})
}

// ssh returns a request that the built-in guardrails refuse.
func ssh(name string) []byte { return launch(name, shared, 22) }

// TestRefusalsAreRecorded refuses an event for each reason that needs no lease.
func TestRefusalsAreRecorded(t *testing.T) {
	asking := func(key string, value any) []byte {
		detail := rule{"detailType": events.LaunchRequested, "launch": "a", "group": shared}
		detail["rules"] = []rule{{"ports": 1, "from": []string{"10.0.0.0/8"}}}
		detail[key] = value
		return marshal(detail)
	}
	const one, open443 = "tcp 1 from 10.0.0.0/8", "tcp 443 from 0.0.0.0/0"
	for _, row := range []struct {
		name    string
		payload []byte
		launch  string
		group   claim.GroupRef
		rules   string
		problem string
	}{
		{"malformed", asking("rule", []rule{}), "a", claim.GroupRef{ID: shared}, "", "unknown key"},
		{"no launch", []byte(`{"detailType":"Launch Requested"}`), "", claim.GroupRef{}, "", "absent"},
		{"no JSON", []byte(`{`), "", claim.GroupRef{}, "", "JSON"},
		{"guardrails", ssh("a"), "a", claim.GroupRef{ID: shared}, "tcp 22 from 0.0.0.0/0", "SSH"},
		{"out of reach", asking("group", rule{"id": shared, "account": "444455556666"}),
			"a", claim.GroupRef{ID: shared, Account: "444455556666"}, one, "are not served"},
		{"no such name", named("a", "nowhere", 443),
			"a", claim.GroupRef{Name: "nowhere", VPC: defaultVPC}, "tcp 443 from 10.0.0.0/8", "there is no group"},
		{"expired", asking("expiresAt", "1999-01-01T00:00:00Z"), "a", claim.GroupRef{ID: shared}, one, "has passed"},
		{"launch-ended", launch("over", shared, 443), "over", claim.GroupRef{ID: shared}, open443, "launch-ended"},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fakeaws.Options{})
			r.ask(end("over"))
			o := r.ask(row.payload)
			if o.Status != events.Rejected {
				t.Fatalf("%s: %s", row.name, o.Status)
			}
			refusals := r.refusals()
			if len(refusals) != 1 {
				t.Fatalf("%s: %d refusals are recorded, want 1", row.name, len(refusals))
			}
			got := refusals[0]
			if row.group.Account == "" {
				row.group.Account = "111122223333"
			}
			row.group.Region = "us-east-1"
			rules := ""
			if len(got.Rules) > 0 {
				rules = got.Rules[0].String()
			}
			want := claim.Launch{Account: "111122223333", Name: row.launch}
			if diff := cmp.Diff(row.group, got.Group); got.Launch != want || diff != "" {
				t.Errorf("%s: launch %+v, group (-want +got):\n%s", row.name, got.Launch, diff)
			}
			if got.Publisher != "111122223333" || !got.At.Equal(time.Now()) || rules != row.rules {
				t.Errorf("%s: %+v", row.name, got)
			}
			if digest := row.rules != "" && row.group.ID != ""; (got.Digest != "") != digest {
				t.Errorf("%s: digest %q", row.name, got.Digest)
			}
			if !strings.Contains(got.Reasons.Error(), row.problem) || len(got.Reasons) != len(o.Reasons) {
				t.Errorf("%s: reasons %v, want those of the outcome, %v", row.name, got.Reasons, o.Reasons)
			}
			group := claim.Group{Account: row.group.Account, Region: "us-east-1", ID: shared}
			on, err := r.tables().RefusalsOn(context.Background(), group, time.Time{})
			if err != nil || (len(on) == 1) != (row.group.ID != "") {
				t.Errorf("%s: %d refusals on the group, %v", row.name, len(on), err)
			}
		})
	}
}

// TestRefusedInstance refuses an event about an instance.
func TestRefusedInstance(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	const id = "i-0123456789abcdef0"
	o := r.ask(marshal(map[string]any{
		"version": "0", "id": "e1", "detail-type": events.InstanceChanged, "source": "aws.ec2",
		"account": "111122223333",
		"region":  "us-east-1", "time": time.Now().UTC().Format(time.RFC3339), "resources": []string{},
		"detail": rule{"instance-id": id, "state": "running"},
	}))
	got := r.refusals()
	if o.Status != events.Rejected || len(got) != 1 || got[0].Launch.Name != id || got[0].Event != "e1" {
		t.Errorf("%s %v: recorded %+v", o.Status, o.Reasons, got)
	}
}

// TestRefusedInObserveMode also records a refusal in observe mode.
func TestRefusedInObserveMode(t *testing.T) {
	r := newRig(t, fakeaws.Options{}, func(c *handler.Config) { c.Mode = handler.Observe })
	r.ask(ssh("a"))
	if got := r.refusals(); len(got) != 1 {
		t.Errorf("%d refusals are recorded, want 1", len(got))
	}
}

// TestRefusedAgain delivers refused events again, also within one batch.
func TestRefusedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Hour)
		r := newRig(t, fakeaws.Options{})
		event, sqsAlone := enveloped("e1", time.Now(), ssh("a")), sentMessage("m7", time.Now(), ssh("b"))
		r.failed(t.Context(), sqs(event, event))
		for range 3 {
			time.Sleep(time.Minute)
			r.ask(event)
			r.failed(t.Context(), sqsAlone)
		}
		got := r.refusals()
		if len(got) != 2 || got[0].Event != "e1" || got[1].Event != "m7" {
			t.Errorf("recorded %+v, want e1 and m7 once each", got)
		}
	})
}

// sentMessage returns a batch of one message, with its time of arrival in SQS.
func sentMessage(id string, at time.Time, body []byte) []byte {
	return marshal(map[string]any{"Records": []rule{{
		"messageId": id, "body": string(body), "eventSource": "aws:sqs",
		"eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:launches",
		"attributes":     rule{"SentTimestamp": fmt.Sprint(at.UnixMilli())},
	}}})
}

// TestFloodOfRefusals: one publisher sends 1,000 bad events, ten a batch.
func TestFloodOfRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{})
		for i := range 100 {
			batch := numbered(10, func(n int) []byte {
				event := ssh(fmt.Sprintf("launch-%d", n))
				if n%2 == 0 {
					event = []byte("no event")
				}
				return event
			})
			before := r.account.Calls()
			if failed := r.failed(t.Context(), sqs(batch...)); len(failed) > 0 {
				t.Fatalf("%v return to the queue", failed)
			}
			want := 2
			if 10*i >= dynamo.RefusalsADay {
				want = 1
			}
			if c := r.account.Calls().Since(before); len(c) != want || c.Of("dynamodb") != want {
				t.Fatalf("batch %d: %v, want %d calls to DynamoDB", i, c, want)
			}
			time.Sleep(time.Second)
		}
		if n := len(r.refusals()); n != dynamo.RefusalsADay {
			t.Errorf("%d refusals are recorded, want %d", n, dynamo.RefusalsADay)
		}
		unrecorded, err := r.tables().Unrecorded(t.Context(), "111122223333")
		if err != nil || unrecorded["111122223333"] != 1000-dynamo.RefusalsADay {
			t.Errorf("%v, %v: want 800 that are only counted", unrecorded, err)
		}
		time.Sleep(24 * time.Hour)
		r.ask(ssh("next-day"))
		if n := len(r.refusals()); n != dynamo.RefusalsADay+1 {
			t.Errorf("%d refusals are recorded on the next day, want one more", n)
		}
	})
}

// TestRefusalsWithoutTable: the table fails or hangs. Refusals are answered and published, and
// a warning says that they are not recorded.
func TestRefusalsWithoutTable(t *testing.T) {
	for name, fault := range map[string]func(fakeaws.Op) (bool, error){
		"denied":     func(fakeaws.Op) (bool, error) { return false, &fakeaws.Error{Code: "AccessDeniedException"} },
		"broken":     func(fakeaws.Op) (bool, error) { return false, nil },
		"reply lost": func(fakeaws.Op) (bool, error) { return true, fmt.Errorf("reset") },
		"slow":       func(fakeaws.Op) (bool, error) { return true, nil },
	} {
		synctest.Test(t, func(t *testing.T) {
			slow := false
			r := newRig(t, fakeaws.Options{Latency: func(op fakeaws.Op) time.Duration {
				if slow && op.Service == "dynamodb" {
					return time.Minute
				}
				return 0
			}}, func(c *handler.Config) { c.Bus = "launches" })
			slow = name == "slow"
			r.account.Inject(func(op fakeaws.Op) (bool, error) {
				if op.Service == "dynamodb" {
					return fault(op)
				}
				return true, nil
			})
			started := time.Now()
			o := r.ask(ssh("a"))
			if o.Status != events.Rejected {
				t.Errorf("%s: %s, want rejected", name, o.Status)
			}
			if took := time.Since(started); took > 3*time.Second {
				t.Errorf("%s: the answer took %s", name, took)
			}
			if n := r.account.Calls().Op("events", "PutEvents"); n != 1 {
				t.Errorf("%s: published %d times, want once", name, n)
			}
			if !strings.Contains(r.log.String(), "refusals are not recorded") {
				t.Errorf("%s: the log does not say that the refusal is not recorded:\n%s", name, r.log)
			}
		})
	}
}
