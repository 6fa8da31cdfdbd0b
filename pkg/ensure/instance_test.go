package ensure_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func withInstances(c *handler.Config) { c.Instances = true }

// tags returns the tags of an instance that is a launch, with the given ones added or changed.
func tags(more ...string) map[string]string {
	all := map[string]string{events.TagPorts: "8000,8002-8004", events.TagFrom: "10.0.0.0/8"}
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

// run runs an instance in some groups and returns its id.
func (r *rig) run(tags map[string]string, groups ...string) string {
	r.t.Helper()
	in := &ec2.RunInstancesInput{ImageId: aws.String("ami-0123456789abcdef0"), MinCount: aws.Int32(1),
		MaxCount: aws.Int32(1), SecurityGroupIds: groups}
	if len(tags) > 0 {
		spec := types.TagSpecification{ResourceType: types.ResourceTypeInstance}
		for key, value := range tags {
			spec.Tags = append(spec.Tags, types.Tag{Key: &key, Value: &value})
		}
		in.TagSpecifications = []types.TagSpecification{spec}
	}
	out, err := ec2.NewFromConfig(r.config).RunInstances(r.t.Context(), in)
	if err != nil {
		r.t.Fatal(err)
	}
	return *out.Instances[0].InstanceId
}

func (r *rig) terminate(id string) {
	r.t.Helper()
	if _, err := ec2.NewFromConfig(r.config).TerminateInstances(r.t.Context(),
		&ec2.TerminateInstancesInput{InstanceIds: []string{id}}); err != nil {
		r.t.Fatal(err)
	}
}

// instanceEvent returns EC2's event about an instance, with the current time.
func instanceEvent(id, state string) []byte {
	return marshal(map[string]any{
		"detail-type": events.InstanceChanged, "source": "aws.ec2", "account": "111122223333", "region": "us-east-1",
		"time":   time.Now().UTC().Format(time.RFC3339),
		"detail": map[string]string{"instance-id": id, "state": state},
	})
}

// tell invokes the function with EC2's event about an instance.
func (r *rig) tell(id, state string) []events.Outcome {
	r.t.Helper()
	result, err := r.invoke(instanceEvent(id, state))
	if err != nil {
		r.t.Fatal(err)
	}
	return result.Outcomes
}

// TestInstanceIsALaunch: an instance is a launch, from running to terminated. Each step's requests
// are counted.
func TestInstanceIsALaunch(t *testing.T) {
	r := newRig(t, fakeaws.Options{}, withInstances)
	id := r.run(tags(), shared)
	r.calls("pending", 0, 0, func() {
		if o := r.tell(id, "pending"); len(o) != 0 {
			t.Errorf("pending is answered %v", o)
		}
	})
	r.calls("running", 4, 3, func() {
		if o := r.tell(id, "running"); len(o) != 1 || o[0].Status != events.Ensured || o[0].Launch != id ||
			len(o[0].Authorized) != 2 {
			t.Fatalf("running is answered %+v", o)
		}
	})
	r.has("tcp 8000 from 10.0.0.0/8", "tcp 8002-8004 from 10.0.0.0/8")
	for _, state := range []string{"running", "stopping", "stopped", "running"} {
		r.tell(id, state)
	}
	r.has("tcp 8000 from 10.0.0.0/8")
	r.terminate(id)
	r.tell(id, "shutting-down")
	r.has("tcp 8000 from 10.0.0.0/8")
	r.calls("terminated", 9, 3, func() {
		if o := r.tell(id, "terminated"); len(o) != 1 || o[0].Status != events.Released || len(o[0].Revoked) != 2 {
			t.Errorf("terminated is answered %+v", o)
		}
	})
	r.hasNot("tcp 8000 from 10.0.0.0/8", "tcp 8002-8004 from 10.0.0.0/8")
}

// calls counts the requests to DynamoDB and EC2 of a step.
func (r *rig) calls(step string, dynamodb, ec2 int, do func()) {
	r.t.Helper()
	before := r.account.Calls()
	do()
	if c := r.account.Calls().Since(before); c.Of("dynamodb") != dynamodb || c.Of("ec2") != ec2 {
		r.t.Errorf("%s takes %d requests to DynamoDB and %d to EC2, want %d and %d:\n%s", step, c.Of("dynamodb"),
			c.Of("ec2"), dynamodb, ec2, c)
	}
	fmt.Printf("instance %s: %d DynamoDB, %d EC2\n", step, dynamodb, ec2)
}

// TestOtherInstances: most instances of an account are no launches. They get no answer, leave no
// item, and cost one request.
func TestOtherInstances(t *testing.T) {
	r := newRig(t, fakeaws.Options{}, withInstances)
	id := r.run(map[string]string{"Name": "web"}, shared)
	for state, costs := range map[string][2]int{"running": {0, 1}, "terminated": {1, 0}} {
		r.calls("of others, "+state, costs[0], costs[1], func() {
			if o := r.tell(id, state); len(o) != 0 {
				t.Errorf("%s is answered %v", state, o)
			}
		})
	}
}

// TestInstanceGoneBefore: an early end, and an instance that has terminated, open nothing.
func TestInstanceGoneBefore(t *testing.T) {
	r := newRig(t, fakeaws.Options{}, withInstances)
	id := r.run(tags(), shared)
	r.terminate(id)
	for _, state := range []string{"terminated", "running"} {
		if o := r.tell(id, state); len(o) != 0 {
			t.Errorf("%s is answered %v", state, o)
		}
	}
	r.hasNot("tcp 8000 from 10.0.0.0/8")
}

// TestInstanceMissed: a sweep finds a terminated instance without an event. It does not end the
// requests of an ordinary launch with a name like an instance's id.
func TestInstanceMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{}, withInstances)
		gone, stays := r.run(tags(), shared), r.run(tags(events.TagPorts, "9000"), shared)
		r.tell(gone, "running")
		r.tell(stays, "running")
		r.ensured(launch("i-0aaaaaaaaaaaaaaaa", shared, 8080)) // not an instance, for all its name
		r.terminate(gone)
		time.Sleep(2 * time.Hour)
		for range 2 {
			r.sweep()
			time.Sleep(time.Minute)
		}
		r.hasNot("tcp 8000 from 10.0.0.0/8")
		r.has("tcp 9000 from 10.0.0.0/8", "tcp 8080 from 0.0.0.0/0")
	})
}

// TestInstanceTags: the tags decide which groups are meant; each refusal names the faulty tag.
func TestInstanceTags(t *testing.T) {
	const web, managed, bare = "sg-0aaaaaaaaaaaaaaaa", "sg-0dddddddddddddddd", "sg-0bbbbbbbbbbbbbbbb"
	for _, row := range []struct {
		name   string
		tags   map[string]string
		groups []string
		on     string // the groups' ids, if the launch is ensured
		field  string // of the reason, if the launch is refused
		says   string
	}{
		{"one group", tags(), []string{shared}, shared, "", ""},
		{"one group that is managed", tags(), []string{bare, web}, web, "", ""},
		{"two managed groups", tags(), []string{managed, web}, "", "/tags/sgkeeper:group", "2 managed groups"},
		{"one of them named by id", tags(events.TagGroup, web), []string{managed, web}, web, "", ""},
		{"one of them named by name", tags(events.TagGroup, "web"), []string{managed, web}, web, "", ""},
		{"both named", tags(events.TagGroup, "web "+managed), []string{managed, web}, web + " " + managed, "", ""},
		{"no managed group", tags(), []string{bare, "sg-0cccccccccccccccc"}, "", "/tags/sgkeeper:group",
			"tag one of its groups sgkeeper:managed=true"},
		{"another's group", tags(events.TagGroup, web), []string{shared}, "", "/tags/sgkeeper:group",
			"none of the instance's groups"},
		{"an empty name", tags(events.TagGroup, ""), []string{shared}, "", "/tags/sgkeeper:group", "empty"},
		{"ports alone", map[string]string{events.TagPorts: "8000"}, []string{shared}, "", "/tags/sgkeeper:from",
			"empty"},
		{"no ports", tags(events.TagPorts, "http"), []string{shared}, "", "/tags/sgkeeper:ports", `"http"`},
		{"refused by the guardrails", tags(events.TagPorts, "22", events.TagFrom, "0.0.0.0/0"), []string{shared}, "",
			"/tags/sgkeeper:from", "SSH"},
	} {
		r := newRig(t, fakeaws.Options{}, withInstances, onBus)
		r.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: web, Name: "web",
			Tags: map[string]string{"sgkeeper:managed": "true"}})
		r.addGroup(bare)
		r.addGroup("sg-0cccccccccccccccc")
		r.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: managed, Name: "shared",
			Tags: map[string]string{"sgkeeper:managed": "true"}})
		b := r.listen()
		id := r.run(row.tags, row.groups...)
		o := r.tell(id, "running")
		var on []string
		for _, outcome := range o {
			if outcome.Status == events.Ensured {
				on = append(on, outcome.Group.ID)
			}
		}
		switch {
		case row.says == "" && strings.Join(on, " ") != row.on:
			t.Errorf("%s: %+v, want ensured on %s", row.name, o, row.on)
		case row.says != "" && (len(o) != 1 || o[0].Status != events.Rejected || o[0].Launch != id ||
			o[0].Reasons[0].Field != row.field || !strings.Contains(o[0].Reasons[0].Problem, row.says)):
			t.Errorf("%s: %+v, want rejected at %s: %s", row.name, o, row.field, row.says)
		case row.says != "":
			if announced := taken[events.LaunchRejected](b); len(announced) != 1 || announced[0].Launch != id {
				t.Errorf("%s: the events are %+v", row.name, announced)
			}
		}
	}
}

// TestInstancesOff: instances are off by default. Without the permission, the refusal names the
// remedy. A recent event returns to the queue, because the permission may follow.
func TestInstancesOff(t *testing.T) {
	off := newRig(t, fakeaws.Options{})
	denied := newRig(t, fakeaws.Options{}, withInstances)
	id := denied.run(tags(), shared)
	denied.account.Deny("ec2:DescribeInstances")
	old := strings.Replace(string(instanceEvent(id, "running")), time.Now().UTC().Format("2006"), "2020", 1)
	refused, err := denied.invoke([]byte(old))
	if err != nil {
		t.Fatal(err)
	}
	for says, o := range map[string][]events.Outcome{
		"SGKEEPER_INSTANCES=on":      off.tell("i-0aaaaaaaaaaaaaaaa", "running"),
		"role ec2:DescribeInstances": refused.Outcomes,
	} {
		if len(o) != 1 || o[0].Status != events.Rejected || !strings.Contains(o[0].Reasons[0].Problem, says) {
			t.Errorf("%+v, want rejected with %q", o, says)
		}
	}
}

// TestInstanceTooNew: an event about an instance that EC2 does not know yet returns to the queue
// for a while.
func TestInstanceTooNew(t *testing.T) {
	r := newRig(t, fakeaws.Options{}, withInstances)
	if _, err := r.invoke(instanceEvent("i-0aaaaaaaaaaaaaaaa", "running")); err == nil ||
		!strings.Contains(err.Error(), "does not know the instance yet") {
		t.Errorf("answered with %v, want an error, so that it returns to the queue", err)
	}
	old := strings.Replace(string(instanceEvent("i-0aaaaaaaaaaaaaaaa", "running")), time.Now().UTC().Format("2006"),
		"2020", 1)
	if result, err := r.invoke([]byte(old)); err != nil || len(result.Outcomes) != 0 {
		t.Errorf("an old event is answered %v, %v", result, err)
	}
}

// TestTerminatedTooEarly: EC2's event arrives before EC2 describes the instance as terminated.
// The event returns to the queue, and then ends the launch.
func TestTerminatedTooEarly(t *testing.T) {
	r := newRig(t, fakeaws.Options{}, withInstances)
	id := r.run(tags(), shared)
	r.tell(id, "running")
	if got := r.failed(t.Context(), sqsOf(eventQueue, instanceEvent(id, "terminated"))); !slices.Equal(got,
		[]string{"m0"}) {
		t.Errorf("%v return to the queue, want the event", got)
	}
	r.has("tcp 8000 from 10.0.0.0/8")
	r.terminate(id)
	if got := r.failed(t.Context(), sqsOf(eventQueue, instanceEvent(id, "terminated"))); len(got) != 0 {
		t.Errorf("%v return to the queue, want none", got)
	}
	r.hasNot("tcp 8000 from 10.0.0.0/8")
}

// TestInstancesOffDenied switches instances off and removes the permission to describe them,
// like the stack. The ports of an instance stay open for an hour. If the permission is back by
// then, they stay until the instance terminates.
func TestInstancesOffDenied(t *testing.T) {
	for _, back := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fakeaws.Options{}, withInstances)
			id := r.run(tags(), shared)
			r.tell(id, "running")
			off := r.with(func(c *handler.Config) { c.Instances = false })
			r.account.Deny("ec2:DescribeInstances")
			off.sweeps(55 * time.Minute)
			off.has("tcp 8000 from 10.0.0.0/8")
			if back {
				r.account.Deny()
			}
			off.sweeps(90 * time.Minute)
			if open := off.holds("tcp 8000 from 10.0.0.0/8"); open != back {
				t.Errorf("the permission is back: %v; the ports are open: %v", back, open)
			}
			r.account.Deny()
			r.terminate(id)
			time.Sleep(time.Hour)
			off.sweeps(90 * time.Minute)
			off.hasNot("tcp 8000 from 10.0.0.0/8")
		})
	}
}

// TestInstancesThrottledOnce: DescribeInstances hangs while instances hold ports on many
// groups. One sweep waits for one call, and serves all groups.
func TestInstancesThrottledOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := false
		r := newRig(t, fakeaws.Options{Latency: func(op fakeaws.Op) time.Duration {
			if hang && op.Name == "DescribeInstances" {
				return time.Hour
			}
			return latency
		}}, withInstances)
		const groups = 40
		for i := range groups {
			id := fmt.Sprintf("sg-0%016x", i)
			r.addGroup(id)
			r.tell(r.run(tags(), id), "running")
			r.ensured(expiring(fmt.Sprint("l", i), id, 30*time.Minute))
		}
		time.Sleep(40 * time.Minute)
		hang = true
		r.account.ResetCalls()
		r.sweep()
		for i := range groups {
			if got := len(r.account.Rules(fmt.Sprintf("sg-0%016x", i))); got != 3 { // and the egress rule
				t.Errorf("group %d has %d rules, want the expired one gone", i, got)
			}
		}
		if n := r.account.Calls().Op("ec2", "DescribeInstances"); n > 8 {
			t.Errorf("%d calls of DescribeInstances, want one for each group that is swept at once", n)
		}
	})
}
