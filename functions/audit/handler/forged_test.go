package handler_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// noMember is the reason that refuses the event of an account that is no member.
const noMember = `/account: found "555566667777": want the function's account or a member. ` +
	`Add the account to SGKEEPER_MEMBER_ACCOUNTS`

// TestForgedChanges: an event that CloudTrail did not send, or of an account that is no member, is
// refused with its field, the value and the remedy. Nothing of it is believed.
func TestForgedChanges(t *testing.T) {
	const evil = "arn:aws:iam::555566667777:user/mallory"
	parameters := `{"groupId":"` + group + `"}`
	event := changed("e-1", evil, "", parameters)
	from := func(source, account string) string {
		forged := strings.ReplaceAll(event, `"111122223333"`, `"`+account+`"`)
		return strings.Replace(forged, `"aws.ec2"`, `"`+source+`"`, 1)
	}
	envelope := func(source, account string) string {
		forged := strings.Replace(event, `"account":"111122223333"`, `"account":"`+account+`"`, 1)
		return strings.Replace(forged, `"aws.ec2"`, `"`+source+`"`, 1)
	}
	const source = `/source: found the text "evil.app": want "aws.ec2"`
	for name, row := range map[string]struct{ payload, logged string }{
		"another source, no member":   {batch(from("evil.app", "555566667777")), source},
		"another source":              {batch(from("evil.app", account)), source},
		"a stranger's envelope":       {batch(envelope("evil.app", "555566667777")), source},
		"a stranger's, of the source": {batch(envelope("aws.ec2", "555566667777")), "/recipientAccountId: found"},
		"no member":                   {batch(from("aws.ec2", "555566667777")), noMember},
		"a queue that no rule may feed": {strings.ReplaceAll(batch(event), queueARN, queueARN+"-2"),
			"/eventSourceARN: found"},
	} {
		r := newRig(t)
		r.adds(22)
		if reply := r.invoke(row.payload); reply != `{"batchItemFailures":[]}` {
			t.Errorf("%s: %s", name, reply)
		}
		if got := r.account.Calls().Of("ec2"); got != 0 {
			t.Errorf("%s: %d calls to EC2", name, got)
		}
		logged, measured := r.lines()
		found := false
		for _, line := range logged {
			reasons, _ := line["reasons"].(string)
			found = found || line["level"] == "WARN" && strings.Contains(reasons, row.logged)
		}
		if !found || measured[0]["EventsRefused"] != 1.0 {
			t.Errorf("%s: logged %v, measured %v, want it refused: %s", name, logged, measured[0], row.logged)
		}
		r.all()
		if latest := r.latest(); len(latest.Drifts) != 1 || latest.Drifts[0].Changed.Actor != "" {
			t.Errorf("%s: drifts %+v, want one without an actor", name, latest.Drifts)
		}
	}
}

// TestForgedInvocation: a caller of the function cannot speak for CloudTrail, even in a record of
// the function's queue.
func TestForgedInvocation(t *testing.T) {
	r := newRig(t)
	r.adds(22)
	event := changed("e-1", "mallory", "", `{"groupId":"`+group+`"}`)
	reply, err := r.audit.Invoke(r.lambda(5*time.Minute), []byte(batch(event)))
	if err != nil || string(reply) != `{"batchItemFailures":[{"itemIdentifier":"m0"}]}` {
		t.Errorf("a record: %s, %v, want it again", reply, err)
	}
	if reply := r.invoke(event); !strings.Contains(reply, "outside of a queue") {
		t.Errorf("an event: %s, want it refused", reply)
	}
	if len(r.account.Objects(bucket)) != 0 || len(r.published()) != 0 {
		t.Errorf("stored %q, want nothing", r.account.Objects(bucket))
	}
}

// TestMembersChange: an event of a member is believed.
func TestMembersChange(t *testing.T) {
	r := newRig(t)
	theirs := fakeaws.New(fakeaws.Options{ID: member})
	theirs.AddSecurityGroup(fakeaws.SecurityGroup{
		ID: memberGroup, Tags: map[string]string{"sgkeeper:managed": "true"},
		Rules: []fakeaws.Rule{{Protocol: "tcp", FromPort: 3306, ToPort: 3306, Peer: "0.0.0.0/0"}},
	})
	r.joins(fakeaws.NewCloud(r.account, theirs), "secret-1")
	event := changed("e-1", "eve", "", `{"groupId":"`+memberGroup+`"}`)
	r.invoke(batch(strings.ReplaceAll(event, `"111122223333"`, `"`+member+`"`)))
	r.detects("world-open-sensitive")
}
