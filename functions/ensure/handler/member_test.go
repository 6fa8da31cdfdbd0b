package handler_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

const (
	member   = "222233334444"
	stranger = "333344445555"
	afar     = "eu-west-1"
)

// realm is an installation with one member, in two Regions.
type realm struct {
	*rig
	theirs, abroad, theirsAbroad *fakeaws.Account
	clients                      aws.Config
	rails                        string // the guardrails file
}

func newRealm(t *testing.T, externalID string) *realm {
	t.Helper()
	own := func(id, region string) *fakeaws.Account {
		a := fakeaws.New(fakeaws.Options{ID: id, Region: region})
		a.AddSecurityGroup(fakeaws.SecurityGroup{ID: group})
		return a
	}
	home := own("111122223333", "us-east-1")
	r := &realm{
		rig: &rig{t: t, account: home, log: &testLog{}}, theirs: own(member, "us-east-1"),
		abroad: own("111122223333", afar), theirsAbroad: own(member, afar),
	}
	cloud := fakeaws.NewCloud(home, r.theirs, r.abroad, r.theirsAbroad)
	cloud.AddRole(fakeaws.Role{Account: member, Name: "sgkeeper-member", Trusts: "111122223333", ExternalID: "7f3a"})
	r.clients = aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET",
		""), HTTPClient: cloud}
	if _, err := dynamodb.NewFromConfig(r.clients).CreateTable(t.Context(), dynamo.Definition(table)); err != nil {
		t.Fatal(err)
	}
	r.rails = writeFile(t, `reach: [{accounts: ["*"], groups: ["*"]}]`)
	r.handler = r.with(runtime.Members{
		Accounts: []string{member}, Regions: []string{afar}, Role: "sgkeeper-member", ExternalID: externalID,
	}).handler
	return r
}

// writeFile writes a guardrails file and returns its name.
func writeFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "guardrails.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// with is another process of the function, with other members.
func (r *realm) with(members runtime.Members) *rig {
	other := *r.rig
	other.handler = handler.New(handler.Config{
		Config: runtime.Config{Table: table, Quota: 60, Members: members, Guardrails: r.rails},
		Mode:   handler.Enforce, Feed: runtime.Feed{EventQueues: []string{eventQueue}, QueueQualifier: "queue"},
	}, r.clients, r.log)
	return &other
}

func in(account, region, launch string) string {
	return fmt.Sprintf(`{"detailType":"Launch Requested","launch":%q,"group":{"id":%q,"account":%q,"region":%q},"rules":[{"ports":8000,"from":["10.0.0.0/8"]}]}`, launch, group, account, region)
}

// TestMembers: the function opens ports only in the group's account and in the event's Region.
// It assumes the member's role once.
func TestMembers(t *testing.T) {
	r := newRealm(t, "7f3a")
	for i, row := range []struct {
		account, region string
		opened          *fakeaws.Account
	}{
		{"111122223333", "us-east-1", r.account},
		{member, "us-east-1", r.theirs},
		{"111122223333", afar, r.abroad},
		{member, afar, r.theirsAbroad},
	} {
		o := r.outcome(in(row.account, row.region, fmt.Sprint("l", i)))
		if o.Status != events.Ensured || o.Group.Account != row.account || o.Group.Region != row.region {
			t.Errorf("%s in %s: %+v, want it ensured there", row.account, row.region, o)
		}
		if got := len(row.opened.Rules(group)); got != 2 { // one is the egress rule
			t.Errorf("%s in %s has %d rules, want 2", row.account, row.region, got)
		}
	}
	if got := r.account.Calls().Op("sts", "AssumeRole"); got != 1 {
		t.Errorf("the role was assumed %d times, want once for both Regions", got)
	}
	for _, a := range []*fakeaws.Account{r.theirs, r.abroad, r.theirsAbroad} {
		if got := a.Calls().Of("dynamodb"); got != 0 {
			t.Errorf("%d calls to a table in %s %s, want it at home", got, a.ID(), a.Region())
		}
	}
}

// TestMembersEnd: one end closes a launch's ports in several accounts.
func TestMembersEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRealm(t, "7f3a")
		r.invoke(in(member, "us-east-1", "a"))
		r.invoke(in("111122223333", afar, "a"))
		time.Sleep(time.Minute)
		reply := r.invoke(`{"detailType":"Launch Ended","launch":"a"}`)
		if strings.Count(reply, `"released"`) != 2 {
			t.Errorf("the end is answered %s, want two groups released", reply)
		}
		for _, a := range []*fakeaws.Account{r.theirs, r.abroad} {
			if got := len(a.Rules(group)); got != 1 {
				t.Errorf("%s in %s has %d rules, want the egress rule alone", a.ID(), a.Region(), got)
			}
		}
	})
}

// TestMembersSwept: a sweep expires a launch's request in a member's account.
func TestMembersSwept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRealm(t, "7f3a")
		expires := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		r.invoke(strings.Replace(in(member, "us-east-1", "a"), `"launch"`, `"expiresAt":"`+expires+`","launch"`, 1))
		time.Sleep(2 * time.Hour) // the session has expired, so the role is assumed again
		r.invoke(`{"sgkeeper":"sweep"}`)
		if got := len(r.theirs.Rules(group)); got != 1 {
			t.Errorf("%d rules after the expiry, want the egress rule alone", got)
		}
		if got := r.account.Calls().Op("sts", "AssumeRole"); got != 2 {
			t.Errorf("the role was assumed %d times, want 2", got)
		}
	})
}

// TestStrangers: events and groups of accounts and Regions that are not listed are refused.
// The refusal says how to list them. The function makes no AWS call for them.
func TestStrangers(t *testing.T) {
	r := newRealm(t, "7f3a")
	for _, row := range []struct{ payload, field, remedy string }{
		{in(stranger, "us-east-1", "a"), "/group/account", "SGKEEPER_MEMBER_ACCOUNTS"},
		{in(member, "ap-south-1", "a"), "/group/region", "SGKEEPER_MEMBER_REGIONS"},
	} {
		o := r.outcome(row.payload)
		if o.Status != events.Rejected || len(o.Reasons) != 1 || o.Reasons[0].Field != row.field ||
			!strings.Contains(o.Reasons[0].Problem, row.remedy) {
			t.Errorf("%s: %s %v, want it rejected at %s with the remedy %s", row.payload, o.Status, o.Reasons,
				row.field, row.remedy)
		}
	}
	theirs := envelope(stranger, strings.Replace(requested("a", 8000), `"`+group+`"`,
		`{"id":"`+group+`","account":"`+member+`"}`, 1))
	if reply := r.invoke(batch(eventQueue, theirs)); reply != nothingFailed {
		t.Errorf("a stranger's event is answered %s, want it taken off the queue", reply)
	}
	if logged, _ := r.lines(); !strings.Contains(fmt.Sprint(logged[len(logged)-1]["reasons"]),
		"account "+stranger+" published it") {
		t.Errorf("logged %v, want the stranger named", logged[len(logged)-1])
	}
	if calls := r.account.Calls(); calls.Of("ec2")+calls.Of("sts") != 0 {
		t.Errorf("calls for strangers:\n%s", calls)
	}
}

// TestExternalID: if a role's trust policy wants another external id, STS denies the role and
// the event comes again.
func TestExternalID(t *testing.T) {
	r := newRealm(t, "7f3b")
	reply := r.invoke(batch(eventQueue, envelope(member, requested("a", 8000))))
	if !strings.Contains(reply, `"itemIdentifier":"m0"`) {
		t.Errorf("answer %s, want the message to come again", reply)
	}
	if got := len(r.theirs.Rules(group)); got != 1 {
		t.Errorf("%d rules, want the egress rule alone", got)
	}
}
