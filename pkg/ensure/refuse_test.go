package ensure_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// TestRefused refuses requests before they are recorded, and names the field and the remedy.
// None reaches the table or EC2.
func TestRefused(t *testing.T) {
	asking := func(key string, value any) []byte {
		detail := map[string]any{
			"detailType": events.LaunchRequested, "launch": "a", "group": shared,
			"rules": []rule{{"ports": 8000, "from": []string{"0.0.0.0/0"}}},
		}
		detail[key] = value
		return marshal(detail)
	}
	for _, row := range []struct {
		name    string
		payload []byte
		field   string
		problem string
	}{
		{"by name in another Region", asking("group", rule{"name": "web", "vpc": "vpc-0d000000000000000",
			"region": "eu-west-1"}), "/group/region", "are not served"},
		{"other account", asking("group", rule{"id": shared, "account": "444455556666"}), "/group/account",
			"reach groups of their own account"},
		{"other Region", asking("group", rule{"id": shared, "region": "eu-west-1"}), "/group/region", "are not served"},
		{"expired", asking("expiresAt", "2020-01-01T00:00:00Z"), "/expiresAt", "later"},
		{"SSH", asking("rules", []rule{{"ports": "20-30", "from": []string{"0.0.0.0/0"}}}), "/rules/0/from/0", "SSH"},
		{"half the world", asking("rules", []rule{{"ports": 22, "from": []string{"128.0.0.0/1"}}}), "/rules/0/from/0",
			"SSH"},
		{"all traffic", asking("rules", []rule{{"protocol": "all", "from": []string{"::/0"}}}), "/rules/0/from/0",
			"all traffic"},
		{"no group",
			[]byte(`{"detailType":"Launch Requested","launch":"a","rules":[{"ports":1,"from":["10.0.0.0/8"]}]}`),
			"/group", "absent"},
	} {
		r := newRig(t, fakeaws.Options{})
		o := r.ask(row.payload)
		if o.Status != events.Rejected || len(o.Reasons) == 0 || len(o.Reasons) > 2 ||
			o.Reasons[0].Field != row.field || !strings.Contains(o.Reasons[0].Problem, row.problem) {
			t.Errorf("%s: %s %v, want %q at %q", row.name, o.Status, o.Reasons, row.problem, row.field)
		}
		if o.Launch != "a" {
			t.Errorf("%s: launch %q, want a", row.name, o.Launch)
		}
		// One call counts the refusal and one records it, see record_test.go.
		if calls := r.account.Calls(); len(calls) != 2 || calls.Of("dynamodb") != 2 {
			t.Errorf("%s: %v, want two calls to DynamoDB", row.name, calls)
		}
	}
}

// TestAllFaultsTogether: one event has faults that different checks find.
func TestAllFaultsTogether(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	o := r.ask(marshal(map[string]any{
		"detailType": events.LaunchRequested, "launch": "a", "expiresAt": "2020-01-01T00:00:00Z",
		"group": rule{"id": shared, "account": "444455556666", "region": "eu-west-1"},
		"rules": []rule{{"ports": 22, "from": []string{"0.0.0.0/0"}}},
	}))
	var fields []string
	for _, f := range o.Reasons {
		fields = append(fields, f.Field)
	}
	slices.Sort(fields)
	if want := []string{"/expiresAt", "/group/account", "/group/account", "/group/region",
		"/rules/0/from/0"}; !slices.Equal(fields, want) {
		t.Errorf("faults at %v, want %v", fields, want)
	}
}

// TestRefusalIsPerRequest: EC2 rejects one request among 31 of one round. The round finds it,
// refuses it alone, and serves the others.
func TestRefusalIsPerRequest(t *testing.T) {
	t.Parallel()
	for _, bad := range []int{0, 13, 30} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fakeaws.Options{Latency: everyCall}, onBus)
			b := r.listen()
			payloads := numbered(31, distinct)
			payloads[bad] = request(name(bad), shared,
				rule{"ports": 7000, "from": []string{"10.0.0.0/8"}},
				rule{"ports": 7001, "from": []string{"sg-0dead00000000dead"}})
			r.arrive(1, 100*time.Millisecond, payloads)
			for i, payload := range payloads {
				o := r.redeliver(payload)
				if (o.Status == events.Rejected) != (i == bad) || o.Status == events.Queued {
					t.Errorf("bad %d: %s is %s %v", bad, o.Launch, o.Status, o.Reasons)
				}
			}
			if got := rejectedNames(b); !slices.Equal(got, []string{name(bad)}) {
				t.Errorf("bad %d: Launch Rejected for %v, want it alone", bad, got)
			}
			if slices.Contains(b.launches(), name(bad)) {
				t.Errorf("bad %d: Ports Ensured names it", bad)
			}
			r.hasNot("tcp 7001 from sg-0dead00000000dead")
		})
	}
}

// TestEC2HasLessRoom: EC2's limit is lower than the configured one. One round serves the
// requests of three launches, the earliest first.
func TestEC2HasLessRoom(t *testing.T) {
	for seed := range uint64(4) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fakeaws.Options{Latency: everyCall, RulesPerGroup: 6, Seed: seed},
				func(c *handler.Config) { c.Quota = 60 })
			requests := []string{"c", "a", "b"} // not in the order of their names
			c := &client{nth: 3, hold: 2 * time.Second, then: goesOn}
			holder := r.process(c)
			done := make(chan events.Result, 1)
			go func() {
				result, _ := holder.invoke(launch(requests[0], shared, 8000))
				done <- result
			}()
			for i, launched := range requests[1:] {
				time.Sleep(500 * time.Millisecond)
				r.ask(launch(launched, shared, 8010+10*i, 8012+10*i, 8014+10*i))
			}
			if o := (<-done).Outcomes[0]; o.Status != events.Ensured {
				t.Errorf("the holder is %s %v", o.Status, o.Reasons)
			}
			r.ensured(launch("a", shared, 8010, 8012, 8014))
			o := r.ask(launch("b", shared, 8020, 8022, 8024))
			if o.Status != events.Rejected || !strings.Contains(o.Reasons[0].Problem,
				"quota of 6 rules (by EC2's answer; 60 are configured)") {
				t.Errorf("the last is %s %v, want rejected for EC2's limit", o.Status, o.Reasons)
			}
			r.has("tcp 8000 from 0.0.0.0/0", "tcp 8010 from 0.0.0.0/0", "tcp 8012 from 0.0.0.0/0",
				"tcp 8014 from 0.0.0.0/0")
		})
	}
}

// TestRefusedStaysRefused: a refused request stays refused, and the same launch may still
// request other rules.
func TestRefusedStaysRefused(t *testing.T) {
	r := newRig(t, fakeaws.Options{}, func(c *handler.Config) { c.Quota = 3 })
	r.ensured(launch("a", shared, 8000))
	for range 2 {
		if o := r.ask(launch("b", shared, 8002)); o.Status != events.Rejected {
			t.Errorf("b is %s, want rejected", o.Status)
		}
	}
	r.ensured(launch("b", shared, 8000))
	r.hasNot("tcp 8002 from 0.0.0.0/0")
}

// TestServedIsNeverRefused: an outsider removes a rule, and then fills the group. A served
// launch waits for room.
func TestServedIsNeverRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall, RulesPerGroup: 3}, func(c *handler.Config) { c.Quota = 3 })
		a := r.ensured(launch("a", shared, 8000))
		time.Sleep(time.Hour)
		if err := r.account.RemoveRule(a.Authorized[0].ID); err != nil {
			t.Fatal(err)
		}
		r.outsider(shared, "tcp 9999 from 10.0.0.0/8")
		o := r.ask(launch("a", shared, 8000))
		if o.Status != events.Queued || len(o.Reasons) == 0 || !strings.Contains(o.Reasons[0].Problem, "quota") {
			t.Errorf("a is %s %v, want queued for the quota", o.Status, o.Reasons)
		}
	})
}

// entries returns a group's rules in the form that the function reads.
func (r *rig) entries(group string) []entry {
	r.t.Helper()
	entries, err := ec2sg.New(ec2.NewFromConfig(r.config)).Rules(r.t.Context(), r.at(group))
	if err != nil {
		r.t.Fatal(err)
	}
	return entries
}

func (r *rig) at(group string) claim.Group {
	return claim.Group{Account: r.account.ID(), Region: r.account.Region(), ID: group}
}

// misreads is a client for which EC2 makes another rule than requested.
type misreads struct{ account *fakeaws.Account }

func (m misreads) Do(r *http.Request) (*http.Response, error) {
	reply, err := m.account.Do(r)
	if err != nil || r.Header.Get("X-Amz-Target") != "" {
		return reply, err
	}
	body, err := io.ReadAll(reply.Body)
	text := strings.ReplaceAll(string(body), "<toPort>8004</toPort>", "<toPort>8005</toPort>")
	reply.Body, reply.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	return reply, err
}

// TestEC2MakesAnotherRule refuses a request if EC2 changes its rule, because the rule would
// stay missing forever. The other requests are served.
func TestEC2MakesAnotherRule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		r.config.HTTPClient = misreads{r.account}
		answers := r.serve(t.Context(), r.ensurer(), launch("bad", shared, 8004), launch("good", shared, 8000))
		bad, good := answers[0].Outcomes[0], answers[1].Outcomes[0]
		if bad.Status != events.Rejected || len(bad.Reasons) != 1 ||
			!strings.Contains(bad.Reasons[0].Problem, "8004-8005") {
			t.Errorf("bad is %s %v, want it rejected for the rule that EC2 made", bad.Status, bad.Reasons)
		}
		if good.Status != events.Ensured || len(good.Authorized) != 1 {
			t.Errorf("good is %s %v, want it ensured", good.Status, good.Reasons)
		}
		if calls := r.account.Calls().Op("ec2", "AuthorizeSecurityGroupIngress"); calls != 1 {
			t.Errorf("%d authorize calls, want 1", calls)
		}
	})
}
