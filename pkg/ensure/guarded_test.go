package ensure_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/guardfile"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// guardedBy returns the use case with guardrails.
func (r *rig) guardedBy(file string) *ensure.Ensurer {
	r.t.Helper()
	e := r.ensurer()
	e.Facts, e.Ends, e.Dues = ec2sg.New(ec2.NewFromConfig(r.config)), r.tables(), r.tables()
	var err error
	if e.Guard, err = guardfile.Read([]byte(file)); err != nil {
		r.t.Fatal(err)
	}
	return e
}

func (r *rig) tables() *dynamo.Table { return dynamo.New(dynamodb.NewFromConfig(r.config), table) }

// outcomes serves payloads one by one and returns the outcome of each.
func (r *rig) outcomes(e *ensure.Ensurer, payloads ...[]byte) []events.Outcome {
	r.t.Helper()
	var all []events.Outcome
	for _, payload := range payloads {
		answer := r.serve(context.Background(), e, payload)[0]
		if answer.Retry != nil || len(answer.Outcomes) != 1 {
			r.t.Fatalf("%s: %+v, want one outcome", payload, answer)
		}
		all = append(all, answer.Outcomes[0])
	}
	return all
}

const byTag = `
allow:
- {id: web, rules: [{ports: 443, from: [0.0.0.0/0]}]}
- {id: lab, tags: {env: lab}, rules: [{ports: "8000-8999", from: [0.0.0.0/0]}]}
deny:
- {id: never, rules: [{ports: 8080, from: [0.0.0.0/0]}]}
`

// TestFactsAreReadOnlyIfNeeded counts the calls to EC2 for guardrails that depend on tags.
func TestFactsAreReadOnlyIfNeeded(t *testing.T) {
	for _, row := range []struct {
		name   string
		env    string
		ports  []any
		reads  int // DescribeSecurityGroups
		status events.Status
	}{
		{"allowed whatever the tags", "lab", []any{443}, 0, events.Ensured},
		{"denied whatever the tags", "lab", []any{8080}, 0, events.Rejected},
		{"allowed nowhere", "lab", []any{9000}, 0, events.Rejected},
		{"allowed by the tags", "lab", []any{443, "8000-8004"}, 1, events.Ensured},
		{"not by these tags", "prod", []any{443, "8000-8004"}, 1, events.Rejected},
		{"not without tags", "", []any{8000}, 1, events.Rejected},
	} {
		r := newRig(t, fakeaws.Options{})
		tags := map[string]string{"sgkeeper:managed": "true"}
		if row.env != "" {
			tags["env"] = row.env
		}
		r.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: "sg-0cccccccccccccccc", Name: "one", Tags: tags})
		r.account.ResetCalls()
		o := r.outcomes(r.guardedBy(byTag), launch("a", "sg-0cccccccccccccccc", row.ports...))[0]
		if o.Status != row.status {
			t.Errorf("%s: %s %v, want %s", row.name, o.Status, o.Reasons, row.status)
		}
		calls := r.account.Calls()
		if got := calls.Op("ec2", "DescribeSecurityGroups"); got != row.reads {
			t.Errorf("%s: %d reads, want %d:\n%v", row.name, got, row.reads, calls)
		}
	}
}

// TestFactsAreReadOnce: several requests of one invocation share the answer.
func TestFactsAreReadOnce(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	e := r.guardedBy(byTag)
	answers := r.serve(t.Context(), e, launch("a", shared, 8000), launch("b", shared, 8001), launch("c", shared, 8002))
	for _, a := range answers {
		if a.Outcomes[0].Status != events.Rejected || !strings.Contains(a.Outcomes[0].Reasons[0].Problem,
			"no allow entry admits it; allowed would be tcp 443 from 0.0.0.0/0 (entry \"web\")") {
			t.Errorf("%+v", a)
		}
	}
	if got := r.account.Calls(); len(got) != 1 || got.Op("ec2", "DescribeSecurityGroups") != 1 {
		t.Errorf("%v, want one call", got)
	}
}

// TestFactsCannotBeRead: EC2 does not return a group's tags.
func TestFactsCannotBeRead(t *testing.T) {
	const gone = "sg-0dddddddddddddddd"
	event := func(at time.Time) []byte {
		return marshal(map[string]any{"version": "0", "id": "1", "detail-type": events.LaunchRequested, "source": "x",
			"account": "111122223333", "region": "us-east-1",
			"time": at.Format(time.RFC3339), "resources": []string{}, "detail": rule{"launch": "a", "group": gone,
				"rules": []rule{{"ports": 8000, "from": []string{"0.0.0.0/0"}}}}})
	}
	for _, row := range []struct {
		name    string
		deny    string
		payload []byte
		retry   bool
		want    string
	}{
		{"a new group", "", event(time.Now()), true, "no such security group"},
		{"a group that never existed", "", event(time.Now().Add(-10 * time.Minute)), false,
			"/group: there is no security group " + gone},
		{"a request without a time", "", launch("a", gone, 8000), false,
			"/group: there is no security group " + gone},
		{"no permission", "ec2:DescribeSecurityGroups", launch("a", shared, 8000), false,
			"allow its role ec2:DescribeSecurityGroups"},
	} {
		r := newRig(t, fakeaws.Options{})
		r.account.Deny(row.deny)
		answer := r.serve(t.Context(), r.guardedBy(byTag), row.payload)[0]
		got := ""
		if answer.Retry != nil {
			got = answer.Retry.Error()
		} else {
			got = claim.Faults(answer.Outcomes[0].Reasons).Error()
		}
		if (answer.Retry != nil) != row.retry || !strings.Contains(got, row.want) {
			t.Errorf("%s: %+v, want %q", row.name, answer, row.want)
		}
		if calls := r.account.Calls(); calls.Of("dynamodb") != 0 {
			t.Errorf("%s: claimed: %v", row.name, calls)
		}
	}
}

// TestUnguarded has no guardrails. Requests wait, and so do ends, because the guardrails
// define which launch an end means.
func TestUnguarded(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	e := r.guardedBy("allow: [{id: x, rules: all}]")
	r.outcomes(e, launch("a", shared, 8000))
	e.Guard = nil
	for _, payload := range [][]byte{
		launch("b", shared, 8001),
		marshal(map[string]any{"detailType": events.LaunchEnded, "launch": "a"}),
	} {
		if answer := r.serve(t.Context(), e, payload)[0]; answer.Retry == nil || len(answer.Outcomes) != 0 {
			t.Errorf("%s: %+v, want it again later", payload, answer)
		}
	}
	r.has("tcp 8000 from 0.0.0.0/0")
	r.hasNot("tcp 8001 from 0.0.0.0/0")
	if err := e.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestAdmins: an admin account ends the launch of another and adds to it, and a third account
// may not.
func TestAdmins(t *testing.T) {
	const owner, admin, stranger = "111122223333", "444455556666", "777788889999"
	message := func(account, detailType, launch string, port int) events.Message {
		l := claim.Launch{Account: account, Name: launch}
		g := events.Group{ID: shared, Account: owner, Region: "us-east-1"}
		if detailType == events.LaunchEnded {
			return events.Message{Origin: claim.Origin{Account: account}, Launch: l, Group: g,
				End: &events.End{Launch: l}}
		}
		d := events.Decoder{Account: account, Region: "us-east-1"}
		batch, err := d.Decode(request(launch, shared, rule{"ports": port, "from": []string{"10.0.0.0/8"}}))
		if err != nil || batch.Messages[0].Request == nil {
			t.Fatal(err, batch)
		}
		m := batch.Messages[0]
		m.Group, m.Request.Group = g, g
		return m
	}
	r := newRig(t, fakeaws.Options{})
	e := r.guardedBy("admins: [{id: platform, accounts: ['" + admin + "']}]")
	e.Reach.Accounts = []string{admin, stranger}
	serve := func(m events.Message) events.Outcome {
		t.Helper()
		answer := e.Serve(t.Context(), []events.Message{m})[0]
		if answer.Retry != nil || len(answer.Outcomes) != 1 {
			t.Fatalf("%+v", answer)
		}
		return answer.Outcomes[0]
	}
	serve(message(owner, events.LaunchRequested, "a", 8000))
	serve(message(stranger, events.LaunchEnded, "a", 0))
	serve(message(stranger, events.LaunchEnded, owner+"/a", 0))
	serve(message(admin, events.LaunchEnded, "a", 0)) // its own launch, which never existed
	r.has("tcp 8000 from 10.0.0.0/8")
	if o := serve(message(admin, events.LaunchRequested, owner+"/a", 8001)); o.Status != events.Ensured ||
		o.Launch != "a" {
		t.Errorf("%+v", o)
	}
	requests, err := r.tables().Requests(t.Context(), claim.Group{Account: owner, Region: "us-east-1", ID: shared})
	if err != nil || len(requests) != 2 || requests[0].Launch != requests[1].Launch ||
		requests[0].Launch.Account != owner {
		t.Errorf("%+v, %v: want two of the owner's launch", requests, err)
	}
	if o := serve(message(admin, events.LaunchEnded, owner+"/a", 0)); o.Status != events.Released || o.Launch != "a" {
		t.Errorf("%+v", o)
	}
	r.hasNot("tcp 8000 from 10.0.0.0/8", "tcp 8001 from 10.0.0.0/8")
	if o := serve(message(owner, events.LaunchRequested, "a", 8000)); o.Status != events.Rejected ||
		!strings.Contains(o.Reasons[0].Problem, "launch-ended") {
		t.Errorf("%+v, want it to have ended", o)
	}
}

// TestCaps enforces the limits that only a round can check: the rules of a launch in a group,
// and the number of launches.
func TestCaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{})
		e := r.guardedBy("limits: {rules: 2, claims: 2}")
		got := r.outcomes(e,
			launch("a", shared, 8000), launch("a", shared, 8002),
			launch("a", shared, 8000, 8002), // the same rules, in another request
			launch("a", shared, 8004),       // a third rule
			launch("b", shared, 8000),
			launch("c", shared, 8000), // a third launch
		)
		for i, want := range []string{"", "", "",
			"/rules: the launch would have 3 rules in the group, and the guardrails allow 2", "", "/group: " +
				"the group serves 2 launches already, and the guardrails allow 2"} {
			reasons := claim.Faults(got[i].Reasons).Error()
			if rejected := got[i].Status == events.Rejected; rejected != (want != "") ||
				!strings.Contains(reasons, want) {
				t.Errorf("request %d: %s %s, want %q", i, got[i].Status, reasons, want)
			}
		}
		r.hasNot("tcp 8004 from 0.0.0.0/0")
		tighter := r.guardedBy("limits: {rules: 1, claims: 1}") // served requests stay
		if o := r.outcomes(tighter, launch("d", shared, 9000))[0]; o.Status != events.Rejected {
			t.Errorf("%+v", o)
		}
		r.has("tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0")
		r.outcomes(e, marshal(map[string]any{"detailType": events.LaunchEnded, "launch": "b"}))
		if o := r.outcomes(e, launch("e", shared, 9000))[0]; o.Status != events.Ensured {
			t.Errorf("%+v, want room, because another launch ended", o)
		}
	})
}

// TestFactsRetry: a call for facts fails.
func TestFactsRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{})
		lost := errors.New("lost")
		r.account.Inject(func(op fakeaws.Op) (bool, error) { return false, lost })
		answer := r.serve(t.Context(), r.guardedBy(byTag), launch("a", shared, 8000))[0]
		if answer.Retry == nil {
			t.Errorf("%+v, want it again later", answer)
		}
	})
}
