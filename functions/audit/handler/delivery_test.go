package handler_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// told counts the events about each drift: + that it was found, ~ that it was closed, and - that an audit
// named it as closed.
type told map[string]int

// tells adds the events that were published since the last call.
func (r *rig) tells(all told) {
	r.Helper()
	published := r.published()
	for _, text := range published[events.DriftDetectedType] {
		var d events.DriftDetected
		if err := json.Unmarshal(text, &d); err != nil {
			r.Fatal(err)
		}
		all["+"+d.Drift]++
	}
	for _, text := range published[events.DriftClosedType] {
		var d events.DriftClosed
		if err := json.Unmarshal(text, &d); err != nil {
			r.Fatal(err)
		}
		all["~"+d.Drift]++
	}
	for _, text := range published[events.AuditCompletedType] {
		var a events.AuditCompleted
		if err := json.Unmarshal(text, &a); err != nil {
			r.Fatal(err)
		}
		for _, id := range a.Closed {
			all["-"+id]++
		}
	}
}

var errLost = errors.New("connection reset by peer")

// TestDelivery breaks one call of an audit that finds one drift and closes another. Its message does
// not fail. After one more audit, the bus has the new and the closed drift, Security Hub has an active
// and an archived finding, and the outbox is empty.
func TestDelivery(t *testing.T) {
	denied := &fakeaws.Error{Code: "AccessDenied", Message: "no"}
	latest := func(op fakeaws.Op) bool {
		return op.Name == "PutObject" && op.Form.Get("Key") == "sgkeeper/latest.json"
	}
	for _, row := range []struct {
		name  string
		calls int // that fail
		fault func(r *rig, op fakeaws.Op) (hit, apply bool, err error)
	}{
		{"PutEvents is denied", 9, func(_ *rig, op fakeaws.Op) (bool, bool, error) {
			return op.Name == "PutEvents", false, denied
		}},
		{"the reply of PutEvents is lost", 9, func(_ *rig, op fakeaws.Op) (bool, bool, error) {
			return op.Name == "PutEvents", true, errLost
		}},
		{"Security Hub is denied", 9, func(_ *rig, op fakeaws.Op) (bool, bool, error) {
			return op.Name == "BatchImportFindings", false, denied
		}},
		{"the page cannot be written", 9, func(_ *rig, op fakeaws.Op) (bool, bool, error) {
			return op.Name == "PutObject" && !latest(op), false, denied
		}},
		{"the reply of the conditional put is lost", 1, func(_ *rig, op fakeaws.Op) (bool, bool, error) {
			return latest(op), true, errLost
		}},
		{"all replies of the conditional put are lost", 3, func(_ *rig, op fakeaws.Op) (bool, bool, error) {
			return latest(op), true, errLost
		}},
		{"the confirmation is denied", 1, func(r *rig, op fakeaws.Op) (bool, bool, error) {
			return latest(op) && r.account.Calls().Op("events", "PutEvents") > 0, false, denied
		}},
		{"the deadline comes", 1, func(_ *rig, op fakeaws.Op) (bool, bool, error) {
			if op.Name == "PutEvents" {
				time.Sleep(10 * time.Minute)
			}
			return op.Name == "PutEvents", false, errLost
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, "SGKEEPER_SECURITY_HUB=on")
				r.adds(22)
				all := make(told)
				r.all()
				r.tells(all)
				time.Sleep(time.Hour)
				r.removes(22)
				r.adds(23)
				left := row.calls
				r.account.ResetCalls()
				r.account.Inject(func(op fakeaws.Op) (bool, error) {
					if left == 0 {
						return true, nil
					}
					hit, apply, err := row.fault(r, op)
					if !hit {
						return true, nil
					}
					left--
					return apply, err
				})
				if reply := r.invoke(batch(`{"sgkeeper":"audit"}`)); reply != `{"batchItemFailures":[]}` {
					t.Errorf("answer %s", reply)
				}
				if left == row.calls {
					t.Error("no call failed")
				}
				first := r.latest()
				if len(first.Closed) != 1 || len(first.Drifts) != 1 || len(first.History) != 2 {
					t.Errorf("closed %d, %d drifts, %d audits; want 1, 1, 2", len(first.Closed), len(first.Drifts),
						len(first.History))
				}
				left = 0
				time.Sleep(time.Hour)
				r.all()
				r.tells(all)
				second := r.latest()
				if len(second.Outbox) != 0 {
					t.Errorf("the outbox has %+v", second.Outbox)
				}
				for _, want := range []string{
					"+" + first.Closed[0].ID, "~" + first.Closed[0].ID, "-" + first.Closed[0].ID,
					"+" + first.Drifts[0].ID,
				} {
					if all[want] == 0 {
						t.Errorf("%s was not published: %v", want, all)
					}
				}
				if got := r.findings(r.account); got["ARCHIVED"] != 1 || got["ACTIVE"] != 1 {
					t.Errorf("findings %v, want one active and one archived", got)
				}
				if _, ok := r.account.Object(bucket, "sgkeeper/latest.html"); !ok {
					t.Error("the page is not stored")
				}
			})
		})
	}
}

// TestRefusedEvent: the bus refuses one event again and again. The report and the findings are stored
// nevertheless, and each other event is published once.
func TestRefusedEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "SGKEEPER_SECURITY_HUB=on")
		for i := range 29 {
			r.adds(1000 + i)
		}
		refused := ""
		r.account.FailEntries(func(e fakeaws.Entry) *fakeaws.Error {
			if refused == "" && e.DetailType == events.DriftDetectedType {
				refused = e.Detail
			}
			if refused != "" && e.Detail == refused {
				return &fakeaws.Error{Code: "InternalFailure", Message: "no"}
			}
			return nil
		})
		all := make(told)
		for range 5 {
			if reply := r.invoke(batch(`{"sgkeeper":"audit"}`)); reply != `{"batchItemFailures":[]}` {
				t.Errorf("answer %s", reply)
			}
			r.tells(all)
		}
		if len(all) != 28 || slices.Max(slices.Collect(maps.Values(all))) != 1 {
			t.Errorf("published %v, want 28 drifts once", all)
		}
		if got := r.findings(r.account); got["ACTIVE"] != 29 || len(r.latest().Drifts) != 29 {
			t.Errorf("findings %v, %d drifts in the report; want 29", got, len(r.latest().Drifts))
		}
		r.account.FailEntries(nil)
		r.all()
		r.tells(all)
		if len(all) != 29 || len(r.latest().Outbox) != 0 {
			t.Errorf("afterwards %d drifts are published, and the outbox has %v", len(all), r.latest().Outbox)
		}
	})
}

// TestChangedSeverity: if the severity of a drift changes, its event comes again, with the severity
// before.
func TestChangedSeverity(t *testing.T) {
	r := newRig(t)
	r.adds(22)
	r.all()
	r.published()
	_, err := ec2.NewFromConfig(r.clients).RunInstances(t.Context(), &ec2.RunInstancesInput{
		ImageId: aws.String("ami-1"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SecurityGroupIds: []string{group},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.all()
	detected := r.published()[events.DriftDetectedType]
	var d events.DriftDetected
	if len(detected) != 1 || json.Unmarshal(detected[0], &d) != nil || d.Severity != "high" || d.Was != "medium" {
		t.Errorf("published %s, want that it is high and was medium", detected)
	}
}

// TestClockAhead: a function whose clock is three minutes ahead audits a group. A later audit by
// another function finds a new rule of the group, and the drift stays.
func TestClockAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		ahead := func() time.Time { return time.Now().Add(3 * time.Minute) }
		for range 2 {
			r.audit.Now = ahead
			r.all()
			r.audit.Now = nil
			time.Sleep(30 * time.Second)
			r.adds(22)
			if a := r.audited(`{"sgkeeper":"audit","groups":["` + group + `"]}`); a.Detected != 1 {
				t.Errorf("%d new drifts, want the new rule", a.Detected)
			}
			r.audit.Now = ahead
			if a := r.all(); len(a.Closed) != 0 {
				t.Error("an audit by the wrong clock closed the drift")
			}
			r.audit.Now = nil
			r.removes(22)
			time.Sleep(30 * time.Second)
			if a := r.all(); len(a.Closed) != 1 {
				t.Errorf("closed %q, want the drift", a.Closed)
			}
		}
	})
}

// TestUndeletedRun: if the run of a long audit cannot be deleted, its message does not fail.
func TestUndeletedRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.crowd(450)
		r.account.Deny("s3:DeleteObject")
		r.leg(batch(`{"sgkeeper":"audit"}`))
		var last string
		for legs := 0; ; legs++ {
			next := r.received(r.queue)
			if len(next) == 0 {
				break
			}
			last = next[0]
			if reply := r.leg(batch(last)); reply != `{"batchItemFailures":[]}` || legs > 10 {
				t.Fatalf("leg %d: %s", legs, reply)
			}
		}
		r.leg(batch(last))
		if latest := r.latest(); len(latest.History) != 1 || len(latest.Groups) != 451 {
			t.Errorf("%d audits of %d groups, want one of 451", len(latest.History), len(latest.Groups))
		}
	})
}

// TestUnreadableOnce: the exceptions file cannot be read once. The next audit of a single group closes
// the drift that says so.
func TestUnreadableOnce(t *testing.T) {
	r := newRig(t, "SGKEEPER_EXCEPTIONS=s3://"+bucket+"/exceptions.yaml")
	r.put("exceptions.yaml", "exceptions: []")
	r.account.Inject(func(op fakeaws.Op) (bool, error) {
		if op.Name == "GetObject" && op.Form.Get("Key") == "exceptions.yaml" {
			return false, &fakeaws.Error{Code: "AccessDenied", Message: "no"}
		}
		return true, nil
	})
	r.all()
	r.stands("unreadable", "unknown")
	r.account.Inject(nil)
	r.audited(`{"sgkeeper":"audit","groups":["` + group + `"]}`)
	r.stands("readable")
}

// TestLimitedReport: audits of single groups add to a report that has as many drifts as it may. It does
// not grow, its counts are right, and no drift counts twice.
func TestLimitedReport(t *testing.T) {
	proof.FullOnly(t, "it audits 10,120 drifts")
	synctest.Test(t, func(t *testing.T) {
		const groups, each = 184, 55
		r := newRig(t, "SGKEEPER_BUS=")
		for n := range groups {
			g := fakeaws.SecurityGroup{ID: fmt.Sprintf("sg-%017x", n+1), NoEgress: true,
				Tags: map[string]string{"sgkeeper:managed": "true"}}
			for port := range each {
				g.Rules = append(g.Rules, fakeaws.Rule{Protocol: "tcp", FromPort: 1000 + port, ToPort: 1000 + port,
					Peer: "192.0.2.0/24"})
			}
			r.account.AddSecurityGroup(g)
		}
		size := func() int {
			o, _ := r.account.Object(bucket, "sgkeeper/latest.json")
			return len(o.Body)
		}
		first := r.all()
		before := size()
		for n := range 2 {
			id := fmt.Sprintf("sg-%017x", groups-n)
			if n%2 == 0 {
				for _, rule := range r.account.Rules(id) {
					if err := r.account.RemoveRule(rule.ID); err != nil {
						t.Fatal(err)
					}
				}
			}
			r.audited(`{"sgkeeper":"audit","groups":["` + id + `"]}`)
		}
		latest := r.latest()
		if got := latest.Counts(); got[2] != (groups-1)*each || len(latest.Drifts) > 10_000 ||
			first.Drifts["medium"] != groups*each {
			t.Errorf("counts %v with %d drifts, want %d medium; before %v", got, len(latest.Drifts), (groups-1)*each,
				first.Drifts)
		}
		if after := size(); after > before*11/10 || strings.Count(r.log.String(), `"level":"ERROR"`) != 0 {
			t.Errorf("the report grew from %d to %d bytes", before, after)
		}
	})
}
