package handler_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// members returns a rig with two accounts, of which the second is a member with three groups, and
// an estate of some groups in the first.
func members(t *testing.T, groups int) (r *rig, theirs *fakeaws.Account) {
	r, theirs = newRig(t), fakeaws.New(fakeaws.Options{ID: member})
	r.joinedBy(theirs, 1000)
	r.estate(groups)
	for i := range 3 {
		theirs.AddSecurityGroup(fakeaws.SecurityGroup{ID: fmt.Sprintf("sg-%017x", i+1),
			Tags: map[string]string{"sgkeeper:managed": "true"}})
	}
	return r, theirs
}

// run returns the stored run.
func (r *rig) run() (run audit.Run) {
	r.Helper()
	i := slices.IndexFunc(r.account.Objects(bucket), func(key string) bool { return strings.Contains(key, "/runs/") })
	if i < 0 {
		r.Fatalf("no run is stored; stored are %q", r.account.Objects(bucket))
	}
	r.stored(strings.TrimPrefix(r.account.Objects(bucket)[i], "sgkeeper/"), &run)
	return run
}

// audits runs an audit to its end and returns the number of invocations.
func (r *rig) audits(payload string) (invocations int) {
	r.Helper()
	for next := []string{payload}; len(next) > 0; next = r.received(r.queue) {
		r.invoke(batch(next[0]))
		if invocations++; invocations > 20 {
			r.Fatalf("it does not end:\n%.3000s", r.log)
		}
	}
	return invocations
}

// TestGiveUp: EC2 throttles every call in a member account. The first invocation reads all other
// groups. After three, the audit ends, and the report says that the member's groups were not read.
// Their earlier drifts stay.
func TestGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, theirs := members(t, 300)
		if _, err := theirs.AddRule("sg-00000000000000001", fakeaws.Rule{Protocol: "tcp", FromPort: 22, ToPort: 22,
			Peer: "0.0.0.0/0"}); err != nil {
			t.Fatal(err)
		}
		r.audits(`{"sgkeeper":"audit"}`)
		before := r.latest()
		throttle(theirs, 1, 1)
		r.invoke(batch(`{"sgkeeper":"audit"}`))
		if run := r.run(); len(run.Report.Groups) != 301 {
			t.Errorf("the first invocation read %d groups, want all 301 of the account that answers",
				len(run.Report.Groups))
		}
		if n := r.audits(r.received(r.queue)[0]); n != 2 {
			t.Errorf("%d further invocations, want two", n)
		}
		after := r.latest()
		unread := slices.DeleteFunc(slices.Clone(after.Drifts),
			func(d drift.Drift) bool { return d.Kind != drift.Unknown })
		if len(unread) != 1 || unread[0].Group.Account != member || !strings.Contains(unread[0].Detail, "throttles") {
			t.Errorf("unknown are %v, want the groups of the member account", unread)
		}
		if len(after.Closed) != 0 || len(before.Drifts) != 301 {
			t.Errorf("%d of %d drifts were closed, want none", len(after.Closed), len(before.Drifts))
		}
		if len(r.account.Objects(bucket)) == 0 || len(r.received(r.queue)) != 0 {
			t.Error("the run is left")
		}
		theirs.Inject(nil)
		if n := r.audits(`{"sgkeeper":"audit"}`); n != 1 || len(r.latest().Drifts) != 301 {
			t.Errorf("%d invocations, %d drifts, want one invocation and the earlier 301 drifts", n,
				len(r.latest().Drifts))
		}
	})
}

// TestGiveUpTarget: EC2 throttles every call, and a user named a group. The group is unknown.
func TestGiveUpTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRigIn(t, throttled(1))
		if n := r.audits(`{"sgkeeper":"audit","groups":["` + group + `"]}`); n != 3 {
			t.Errorf("%d invocations, want three", n)
		}
		if d := r.latest().Drifts; len(d) != 1 || d[0].Kind != drift.Unknown || d[0].Group.ID != group {
			t.Errorf("drifts %v, want an unknown group", d)
		}
	})
}

// TestSlowPlace: calls in a member account take 100 seconds. The first invocation reads all other
// groups, and the audit reads all in the end.
func TestSlowPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		theirs := fakeaws.New(fakeaws.Options{ID: member, Latency: func(op fakeaws.Op) time.Duration {
			if op.Service == "ec2" {
				return 100 * time.Second
			}
			return 0
		}})
		r.joinedBy(theirs, 1000)
		r.estate(500)
		theirs.AddSecurityGroup(fakeaws.SecurityGroup{ID: other, Tags: map[string]string{"sgkeeper:managed": "true"}})
		r.invoke(batch(`{"sgkeeper":"audit"}`))
		if run := r.run(); len(run.Report.Groups) != 501 {
			t.Errorf("the first invocation read %d groups, want all 501 of the fast account", len(run.Report.Groups))
		}
		r.audits(r.received(r.queue)[0])
		if latest := r.latest(); len(latest.Groups) != 502 || latest.Unreadable() != 0 {
			t.Errorf("%d groups, %d things unreadable, want 502 and none", len(latest.Groups), latest.Unreadable())
		}
	})
}

// TestForgottenToken: EC2 does not know a page's token any more when an invocation continues with
// it. The list begins anew, and no group is lost or twice in the report.
func TestForgottenToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRigIn(t, slow(50*time.Second))
		r.joinedBy(fakeaws.New(fakeaws.Options{ID: member}), 100)
		r.estate(900)
		r.invoke(batch(`{"sgkeeper":"audit"}`))
		run := r.run()
		if run.Places[0].Managed.Next == "" || len(run.Places[0].Left) < 100 {
			t.Fatalf("the list was not read in part: %d groups are left", len(run.Places[0].Left))
		}
		var once bool
		r.account.Inject(func(op fakeaws.Op) (bool, error) {
			if op.Name == "DescribeSecurityGroups" && op.Form.Get("NextToken") != "" && !once {
				once = true
				return false, &fakeaws.Error{Code: "InvalidPaginationToken", Message: "It is expired."}
			}
			return true, nil
		})
		r.audits(r.received(r.queue)[0])
		latest := r.latest()
		groups := make(map[string]bool)
		for i := range latest.Groups {
			groups[latest.Groups[i].ID] = true
		}
		if !once || len(latest.Groups) != 901 || len(groups) != 901 || latest.Unreadable() != 0 {
			t.Errorf("token refused: %v; %d groups, %d of them different, %d things unreadable, want 901, 901 and none",
				once, len(latest.Groups), len(groups), latest.Unreadable())
		}
	})
}
