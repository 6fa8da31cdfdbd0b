package handler_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

const stranger = "sg-0cccccccccccccccc"

// addStranger adds a group that is neither tagged nor in the table, with SSH open to the world.
func (r *rig) addStranger() (rule string) {
	r.Helper()
	r.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: stranger, Name: "eks"})
	rule, err := r.account.AddRule(stranger, fakeaws.Rule{Protocol: "tcp", FromPort: 22, ToPort: 22, Peer: "0.0.0.0/0"})
	if err != nil {
		r.Fatal(err)
	}
	return rule
}

// tagged is an event of CloudTrail about tags of a group or rule.
func tagged(call, resource, key string) string {
	event := changed("e-tag", "arn:aws:iam::111122223333:user/eve", "",
		fmt.Sprintf(`{"resourcesSet":{"items":[{"resourceId":%q}]},"tagSet":{"items":[{"key":%q,"value":"true"}]}}`,
			resource, key))
	return strings.Replace(event, "AuthorizeSecurityGroupIngress", call, 1)
}

// tags tags the stranger as managed, or removes that tag.
func (r *rig) tags(managed bool) {
	r.Helper()
	client, tag := ec2.NewFromConfig(r.clients), types.Tag{Key: aws.String("sgkeeper:managed"),
		Value: aws.String("true")}
	resources := []string{stranger}
	_, err := client.DeleteTags(r.Context(), &ec2.DeleteTagsInput{Resources: resources, Tags: []types.Tag{tag}})
	if managed {
		_, err = client.CreateTags(r.Context(), &ec2.CreateTagsInput{Resources: resources, Tags: []types.Tag{tag}})
	}
	if err != nil {
		r.Fatal(err)
	}
}

// nothing checks that the function published and stored nothing and measured no drift.
func (r *rig) nothing(when string) {
	r.Helper()
	if told := r.published(); len(told) != 0 {
		r.Errorf("%s: published %v", when, told)
	}
	if objects := r.account.Objects(bucket); len(objects) != 0 {
		r.Errorf("%s: stored %q", when, objects)
	}
	_, measured := r.lines()
	for _, m := range measured {
		if m["DriftsCritical"] != nil || m["AuditsCompleted"] == 1.0 || m["AuditsFailed"] == 1.0 {
			r.Errorf("%s: measured %v", when, m)
		}
	}
}

// TestStranger: events about a group that is neither tagged nor in the table cost one call to EC2
// an hour, and have no effect.
func TestStranger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		rule := r.addStranger()
		r.account.ResetCalls()
		by := func(n int, parameters string) string { return changed(fmt.Sprint("e-", n), "eve", "", parameters) }
		for n := range 6 {
			r.invoke(batch(by(n, `{"groupId":"`+stranger+`"}`), by(n+100, `{"groupId":"`+stranger+`"}`)))
			r.invoke(batch(tagged("CreateTags", stranger, "Name"), tagged("DeleteTags", stranger, "sgkeeper:managed")))
			time.Sleep(9 * time.Minute)
		}
		if got := r.account.Calls().Of("ec2"); got != 1 {
			t.Errorf("%d calls to EC2 within an hour, want 1:\n%s", got, r.account.Calls())
		}
		time.Sleep(time.Hour)
		r.invoke(batch(by(300, `{"groupId":"`+stranger+`"}`)))
		if got := r.account.Calls().Of("ec2"); got != 2 {
			t.Errorf("%d calls to EC2 after an hour more, want 2:\n%s", got, r.account.Calls())
		}
		r.account.ResetCalls()
		for range 3 { // a name and a rule are one more lookup, which is remembered too
			r.invoke(batch(by(400, `{"groupName":"eks"}`), tagged("CreateTags", rule, "Name")))
		}
		if got := r.account.Calls().Of("ec2"); got != 2 {
			t.Errorf("%d calls to EC2 about a name and a rule, want 2:\n%s", got, r.account.Calls())
		}
		r.nothing("a stranger")
	})
}

// TestStrangerGone: the deletion of a group that is not this installation's has no effect.
func TestStrangerGone(t *testing.T) {
	r := newRig(t)
	event := changed("e-1", "eve", "", `{"groupId":"`+stranger+`"}`)
	r.invoke(batch(strings.Replace(event, "AuthorizeSecurityGroupIngress", "DeleteSecurityGroup", 1)))
	r.nothing("a deleted stranger")
}

// TestStrangerJoins: a group that gets its tag or its first request is audited at once, and one
// that loses its tag has no drift.
func TestStrangerJoins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.addStranger()
		event := func() string {
			time.Sleep(time.Minute)
			return changed("e-1", "eve", "", `{"groupId":"`+stranger+`"}`)
		}
		r.invoke(batch(event()))
		r.nothing("before")

		r.tags(true)
		r.invoke(batch(tagged("CreateTags", stranger, "sgkeeper:managed")))
		r.detects("world-open-sensitive")
		r.invoke(batch(event()))
		if latest := r.latest(); len(latest.Drifts) != 1 || latest.Drifts[0].Group.ID != stranger {
			t.Errorf("with the tag: drifts %+v, want the open port", latest.Drifts)
		}

		r.tags(false)
		r.published()
		time.Sleep(time.Minute)
		r.invoke(batch(tagged("DeleteTags", stranger, "sgkeeper:managed")))
		if latest := r.latest(); len(latest.Drifts) != 0 || len(latest.Closed) != 1 || len(latest.Groups) != 0 {
			t.Errorf("without the tag: drifts %+v, closed %+v, groups %+v, want the drift closed", latest.Drifts,
				latest.Closed, latest.Groups)
		}
		if told := r.published(); len(told[events.AuditCompletedType]) != 1 {
			t.Errorf("published %v, want that the audit completed", told)
		}
		audits := len(r.latest().History)
		r.invoke(batch(event()))
		if got := len(r.latest().History); got != audits {
			t.Errorf("a stranger again: %d audits more", got-audits)
		}

		request := claim.Request{
			Launch: claim.Launch{Account: account, Name: "a"}, Status: claim.Open, Received: time.Now().Add(-time.Hour),
			Group: claim.Group{Account: account, Region: region, ID: stranger},
			Rules: []secgroup.Entry{{Rule: secgroup.MustParseRule("tcp 22 from 0.0.0.0/0")}},
		}
		if _, _, err := dynamo.New(dynamodb.NewFromConfig(r.clients), table).Claim(t.Context(), request); err != nil {
			t.Fatal(err)
		}
		r.invoke(batch(event()))
		if kinds := r.detected(); len(kinds) == 0 || kinds[0] != "against-guardrails" &&
			kinds[0] != "managed-tag-lost" {
			t.Errorf("with a request: detected %q, want that the tag is lost", kinds)
		}
	})
}

// TestLookupFails: if the table or EC2 cannot be read, the event comes again.
func TestLookupFails(t *testing.T) {
	for _, denied := range []string{"dynamodb:Query", "ec2:DescribeSecurityGroups", "s3:GetObject"} {
		r := newRig(t)
		r.addStranger()
		r.account.Deny(denied)
		reply := r.invoke(batch(changed("e-1", "eve", "", `{"groupId":"`+stranger+`"}`)))
		if reply != `{"batchItemFailures":[{"itemIdentifier":"m0"}]}` {
			t.Errorf("%s denied: %s, want the message again", denied, reply)
		}
		r.account.Deny()
		r.lines()
		r.invoke(batch(changed("e-1", "eve", "", `{"groupId":"`+stranger+`"}`)))
		r.nothing("after " + denied)
	}
}
