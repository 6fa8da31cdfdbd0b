package ensure_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// looking returns the use case with everything that lookups need.
func (r *rig) looking() *ensure.Ensurer {
	e := r.guardedBy(byTag)
	groups := ec2sg.New(ec2.NewFromConfig(r.config))
	e.Names, e.Instances, e.Launches = groups, groups, r.tables()
	return e
}

// TestLookupsShareCalls: one call answers all names of a VPC, all facts of a Region, or all
// instances of a Region.
func TestLookupsShareCalls(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	e := r.looking()
	var names, facts, running [][]byte
	for i := range 10 {
		name := fmt.Sprint("web", i)
		r.create(name)
		names = append(names, named(name, name, 443))
		facts = append(facts, launch(name, fmt.Sprintf("sg-0%016x", i), 8000+2*i))
	}
	running = append(running, instanceEvent("i-0aaaaaaaaaaaaaaaa", "running")) // unknown to EC2
	for range 199 {
		running = append(running, instanceEvent(r.run(map[string]string{"Name": "web"}, shared), "running"))
	}
	for _, row := range []struct {
		name     string
		messages [][]byte
		call     string
		again    int
	}{
		{"names", names, "DescribeSecurityGroups", 0},
		{"facts", facts, "DescribeSecurityGroups", 0},
		{"instances", running, "DescribeInstances", 1},
	} {
		before := r.account.Calls()
		again := 0
		for _, a := range r.serve(t.Context(), e, row.messages...) {
			if a.Retry != nil {
				again++
			}
		}
		calls := r.account.Calls().Since(before).Op("ec2", row.call)
		t.Logf("%d %s: %d calls of %s, %d messages return to the queue", len(row.messages), row.name, calls, row.call,
			again)
		if calls != 1 || again != row.again {
			t.Errorf("%s: %d calls and %d messages return to the queue, want 1 and %d", row.name, calls, again,
				row.again)
		}
	}
}

// TestLookupsHangApart: the lookups of names in one VPC hang for an hour. A message with a
// name in another VPC, and with guardrails that depend on tags, is still served.
func TestLookupsHangApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: func(op fakeaws.Op) time.Duration {
			for _, value := range op.Form {
				if value[0] == "vpc-0eeeeeeeeeeeeeeee" {
					return time.Hour
				}
			}
			return latency
		}})
		e := r.looking()
		r.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: groupB, Name: "lab", VPC: defaultVPC,
			Tags: map[string]string{"sgkeeper:managed": "true", "env": "lab"}})
		slow := strings.Replace(string(named("slow", "web", 443)), defaultVPC, "vpc-0eeeeeeeeeeeeeeee", 1)
		lab := strings.Replace(string(launch("lab", groupB, 8000)), `"group":"`+groupB+`"`,
			`"group":{"name":"lab","vpc":"`+defaultVPC+`"}`, 1)
		begun := time.Now()
		answers := r.serve(withTime(t), e, []byte(slow), []byte(lab), launch("c", shared, 443))
		if answers[0].Retry == nil || !strings.Contains(answers[0].Retry.Error(), "find group web in vpc-0eee") {
			t.Errorf("the name that hangs is answered %+v, want it again", answers[0])
		}
		for _, a := range answers[1:] {
			if a.Retry != nil || a.Outcomes[0].Status != events.Ensured {
				t.Errorf("%+v, want it ensured", a)
			}
		}
		if took := time.Since(begun); took > 6*time.Second {
			t.Errorf("the batch took %s, want the lookups to end after 5s", took)
		}
	})
}

// TestLookupsDenied refuses an event if the role lacks a permission for a lookup. A recent one
// returns to the queue, because IAM applies a policy with a delay.
func TestLookupsDenied(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	r.create("web")
	id := r.run(tags(), shared)
	e := r.looking()
	r.account.Deny("ec2:Describe*")
	at := func(payload []byte, at time.Time) []byte {
		detail := strings.Replace(string(payload), `"detailType":"Launch Requested",`, "", 1)
		return []byte(fmt.Sprintf(`{"detail-type":"Launch Requested","time":%q,"detail":%s}`,
			at.UTC().Format(time.RFC3339), detail))
	}
	instance := func(when time.Time) []byte {
		now := time.Now().UTC().Format(time.RFC3339)
		return []byte(strings.Replace(string(instanceEvent(id, "running")), now, when.UTC().Format(time.RFC3339), 1))
	}
	for _, row := range []struct {
		event func(time.Time) []byte
		says  string
	}{
		{func(t time.Time) []byte { return at(named("a", "web", 443), t) }, "allow it ec2:DescribeSecurityGroups"},
		{func(t time.Time) []byte { return at(launch("a", shared, 8000), t) },
			"allow its role ec2:DescribeSecurityGroups"},
		{instance, "give its role ec2:DescribeInstances"},
	} {
		if a := r.serve(t.Context(), e, row.event(time.Now()))[0]; a.Retry == nil {
			t.Errorf("a recent event is answered %+v, want it again", a)
		}
		a := r.serve(t.Context(), e, row.event(time.Now().Add(-6*time.Minute)))[0]
		if a.Retry != nil || a.Outcomes[0].Status != events.Rejected ||
			!strings.Contains(a.Outcomes[0].Reasons[0].Problem, row.says) {
			t.Errorf("%+v, want it rejected with %q", a, row.says)
		}
	}
}
