package ensure_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

const defaultVPC = "vpc-0d000000000000000"

// named returns a request on a group by name.
func named(launch, group string, port int) []byte {
	return marshal(map[string]any{
		"detailType": events.LaunchRequested, "launch": launch, "group": rule{"name": group, "vpc": defaultVPC},
		"rules": []rule{{"ports": port, "from": []string{"10.0.0.0/8", "self"}}},
	})
}

// create makes a managed group by the API.
func (r *rig) create(name string) string {
	r.t.Helper()
	out, err := ec2.NewFromConfig(r.config).CreateSecurityGroup(r.t.Context(),
		&ec2.CreateSecurityGroupInput{GroupName: &name, Description: &name})
	if err != nil {
		r.t.Fatal(err)
	}
	return aws.ToString(out.GroupId)
}

// TestByName: one more describe finds the group. The outcome has its id, and self means it.
func TestByName(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	web := r.create("web *")
	r.create("web 2")
	r.account.ResetCalls()
	o := r.ensured(named("a", "web *", 443))
	if o.Group.ID != web || o.Group.Name != "" {
		t.Errorf("the outcome's group is %+v, want %s", o.Group, web)
	}
	if n := r.account.Calls().Op("ec2", "DescribeSecurityGroups"); n != 1 {
		t.Errorf("%d calls of DescribeSecurityGroups, want 1", n)
	}
	if rules := r.rules(web); rules.Len() != 3 { // with the default egress rule
		t.Errorf("%s holds %v", web, rules)
	}
	end := marshal(map[string]any{"detailType": events.LaunchEnded, "launch": "a",
		"group": rule{"name": "web *", "vpc": defaultVPC}})
	if o := r.ask(end); o.Status != events.Released || o.Group.ID != web || len(o.Revoked) != 2 {
		t.Errorf("the end is %s on %+v, %d revoked", o.Status, o.Group, len(o.Revoked))
	}
}

// TestByNameRecreated: a recreated group of the same name is another group.
func TestByNameRecreated(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	first := r.create("web")
	r.ensured(named("a", "web", 443))
	r.deleteGroup(first)
	second := r.create("web")
	if o := r.ensured(named("a", "web", 443)); o.Group.ID != second || len(o.Authorized) != 2 {
		t.Errorf("%d authorized on %s, want 2 on %s", len(o.Authorized), o.Group.ID, second)
	}
}

// TestByNameNotFound: no group has that name. The refusal names the alternatives.
func TestByNameNotFound(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	end := marshal(map[string]any{"detailType": events.LaunchEnded, "launch": "a",
		"group": rule{"name": "web", "vpc": defaultVPC}})
	for payload, want := range map[string]string{
		string(named("a", "web", 443)): "there is no group web in vpc-0d000000000000000; create it first",
		string(end):                    "or leave the group out, which ends the launch in all its groups",
	} {
		o := r.ask([]byte(payload))
		if o.Status != events.Rejected || len(o.Reasons) != 1 || o.Reasons[0].Field != "/group/name" ||
			!strings.Contains(o.Reasons[0].Problem, want) {
			t.Errorf("%s: %s %v, want %q", payload, o.Status, o.Reasons, want)
		}
	}
	r.account.Deny("ec2:DescribeSecurityGroups")
	if o := r.ask(named("a", "web", 443)); o.Status != events.Rejected ||
		!strings.Contains(o.Reasons[0].Problem, "allow it ec2:DescribeSecurityGroups") {
		t.Errorf("denied: %s %v", o.Status, o.Reasons)
	}
}

// TestByNameTooNew: EC2 may not know a new group yet, so a recent event returns to the queue.
func TestByNameTooNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{CreationLag: time.Minute})
		event := func(at time.Time) []byte {
			var detail map[string]any
			if err := json.Unmarshal(named("a", "web", 443), &detail); err != nil {
				t.Fatal(err)
			}
			delete(detail, "detailType")
			return marshal(map[string]any{"detail-type": events.LaunchRequested, "detail": detail,
				"time": at.UTC().Format(time.RFC3339)})
		}
		r.create("web")
		now := time.Now()
		if _, err := r.invoke(event(now)); err == nil || !strings.Contains(err.Error(), "no such security group") {
			t.Errorf("an event of now is answered with %v, want an error, so that it returns to the queue", err)
		}
		for name, at := range map[string]time.Time{"old": now.Add(-time.Hour), "yet to come": now.Add(time.Hour)} {
			if o := r.ask(event(at)); o.Status != events.Rejected {
				t.Errorf("an event that is %s is %s", name, o.Status)
			}
		}
		time.Sleep(2 * time.Minute)
		if o := r.ask(event(now)); o.Status != events.Ensured {
			t.Errorf("two minutes later it is %s %v", o.Status, o.Reasons)
		}
	})
}
