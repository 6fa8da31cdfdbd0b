package mend_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/mend"
)

var web = claim.Group{Account: "111122223333", Region: "us-east-1", ID: "sg-0123456789abcdef0"}

// rig runs a mender with the real SDK against an embedded account.
type rig struct {
	*testing.T
	account *fakeaws.Account
	table   *dynamo.Table
	auditor *audit.Auditor
	mender  *mend.Mender
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{T: t, account: fakeaws.New(fakeaws.Options{})}
	cfg := aws.Config{Region: web.Region, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient: r.account, RetryMaxAttempts: 1}
	client := dynamodb.NewFromConfig(cfg)
	if _, err := client.CreateTable(t.Context(), dynamo.Definition("sgkeeper")); err != nil {
		t.Fatal(err)
	}
	r.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: web.ID, Name: "web", NoEgress: true,
		Tags: map[string]string{"sgkeeper:managed": "true"}})
	r.table = dynamo.New(client, "sgkeeper")
	policy := drift.Policy{Installation: "here", ManagedTag: "sgkeeper:managed=true", Sensitive: drift.SensitivePorts(),
		Guard: guard.Builtin()}
	groups := ec2.NewFromConfig(cfg)
	r.auditor = &audit.Auditor{EC2: ec2sg.NewReader(ec2sg.One(groups, web.Account, web.Region)), Table: r.table,
		Policy: policy, Places: []audit.Place{{Account: web.Account, Region: web.Region}}}
	r.mender = &mend.Mender{Groups: ec2sg.New(groups), Table: r.table, Policy: policy}
	return r
}

// asks adds a request of an hour ago.
func (r *rig) asks(launch string, rules ...string) {
	r.Helper()
	q := claim.Request{Launch: claim.Launch{Account: web.Account, Name: launch}, Group: web, Status: claim.Open,
		Received: time.Now().Add(-time.Hour).Truncate(time.Millisecond)}
	for _, text := range rules {
		q.Rules = append(q.Rules, secgroup.Entry{Rule: secgroup.MustParseRule(text)})
	}
	if _, _, err := r.table.Claim(r.Context(), q); err != nil {
		r.Fatal(err)
	}
}

// holds adds foreign rules.
func (r *rig) holds(rules ...string) {
	r.Helper()
	for _, text := range rules {
		rule := secgroup.MustParseRule(text)
		if _, err := r.account.AddRule(web.ID, fakeaws.Rule{Protocol: "tcp", FromPort: int(rule.Ports.First),
			ToPort: int(rule.Ports.Last), Peer: rule.Peer.String(), Description: "by hand",
			Tags: map[string]string{"team": "web"}}); err != nil {
			r.Fatal(err)
		}
	}
}

// rules returns the group's rules with descriptions and tags, in order.
func (r *rig) rules() (texts []string) {
	for _, rule := range r.account.Rules(web.ID) {
		texts = append(texts, fmt.Sprintf("%s %d-%d %s %q %v", rule.Protocol, rule.FromPort, rule.ToPort, rule.Peer,
			rule.Description, rule.Tags))
	}
	slices.Sort(texts)
	return texts
}

func (r *rig) audit() []drift.Drift {
	r.Helper()
	report, err := r.auditor.Audit(r.Context(), audit.Scope{All: true}, nil)
	if err != nil {
		r.Fatal(err)
	}
	return report.Drifts
}

// prepare plans to mend all drifts.
func (r *rig) prepare() *mend.Job {
	r.Helper()
	j, err := r.mender.Prepare(r.Context(), web, r.audit())
	if err != nil {
		r.Fatal(err)
	}
	return j
}

// undo undoes a job by way of its file.
func (r *rig) undo(j *mend.Job) *mend.Job {
	r.Helper()
	data, err := json.Marshal(mend.NewUndo([]*mend.Job{j}, time.Now()))
	if err != nil {
		r.Fatal(err)
	}
	u, err := mend.ReadUndo(data)
	if err != nil || len(u.Groups) != 1 || u.Groups[0].Group() != web {
		r.Fatalf("%+v, %v", u, err)
	}
	back, err := r.mender.Undo(r.Context(), web, u.Groups[0].Former, false)
	if err != nil {
		r.Fatal(err)
	}
	r.mender.Perform(r.Context(), back)
	return back
}

// fails makes the n-th call of an action fail, after it was applied or before.
func (r *rig) fails(action string, n int, applied bool, code string) {
	calls := 0
	r.account.Inject(func(op fakeaws.Op) (bool, error) {
		if op.Action() != action {
			return true, nil
		}
		if calls++; calls != n {
			return true, nil
		}
		return applied, &fakeaws.Error{Code: code, Message: "injected"}
	})
}

// free checks that the lease is free, and that the next sweep serves the group.
func (r *rig) free() {
	r.Helper()
	head, _, err := r.table.Head(r.Context(), web)
	if err != nil || head.Owner != lease.Nobody || head.Want == head.Applied {
		r.Errorf("the head is %+v, %v: want a free lease and a waiting ticket", head, err)
	}
}

const (
	wide   = "tcp 8000 from 192.0.2.0/23"
	narrow = "tcp 8000 from 192.0.2.0/24"
	other  = "tcp 9000 from 198.51.100.0/24"
)

// TestMendAndUndo: no drift is left, the new rule is sgkeeper's, and an undo gives the former rules back.
func TestMendAndUndo(t *testing.T) {
	r := newRig(t)
	r.asks("a", narrow)
	r.holds(wide, other)
	before := r.rules()
	j := r.prepare()
	r.mender.Perform(t.Context(), j)
	if drifts := r.audit(); j.Err != nil || len(drifts) != 0 || len(j.Results) != 3 {
		t.Fatalf("%d results, %v; left %+v", len(j.Results), j.Err, drifts)
	}
	_, ledger, err := r.table.Head(t.Context(), web)
	if record, _ := r.table.Load(t.Context(), web); err != nil || len(record.Ledger.Untagged) != 1 {
		t.Errorf("sgkeeper's own rules: %+v, %v, want the new rule", ledger.Untagged, err)
	}
	r.free()
	if back := r.undo(j); back.Err != nil || !slices.Equal(r.rules(), before) {
		t.Errorf("undone: %v\n%s\nwant\n%s", back.Err, strings.Join(r.rules(), "\n"), strings.Join(before, "\n"))
	}
	if again := r.undo(j); len(again.Plan.Steps) > 0 {
		t.Errorf("undone twice: %+v", again.Plan.Steps)
	}
	r.free()
}

// TestPartialFailure: a call fails, before or after it is applied. A rule is revoked only if its
// replacement was made. The undo covers the calls that were made.
func TestPartialFailure(t *testing.T) {
	for _, test := range []struct {
		action  string
		n       int
		applied bool
		code    string
		failed  int // steps
		tried   int
	}{
		{"ec2:AuthorizeSecurityGroupIngress", 1, false, "RulesPerSecurityGroupLimitExceeded", 2, 3},
		{"ec2:AuthorizeSecurityGroupIngress", 1, true, "InternalError", 2, 3},
		{"ec2:AuthorizeSecurityGroupIngress", 1, true, "InvalidPermission.Duplicate", 0, 3},
		{"ec2:AuthorizeSecurityGroupIngress", 1, false, "UnauthorizedOperation", 1, 1},
		{"ec2:RevokeSecurityGroupIngress", 1, false, "InternalError", 1, 3},
		{"ec2:RevokeSecurityGroupIngress", 1, true, "InternalError", 1, 3},
		{"ec2:RevokeSecurityGroupIngress", 2, true, "InvalidSecurityGroupRuleId.NotFound", 0, 3},
	} {
		r := newRig(t)
		r.asks("a", narrow)
		r.holds(wide, other)
		before := r.rules()
		j := r.prepare()
		r.fails(test.action, test.n, test.applied, test.code)
		r.mender.Perform(t.Context(), j)
		failed := 0
		for _, result := range j.Results {
			if result.Err != nil {
				failed++
			}
		}
		if failed != test.failed || len(j.Results) != test.tried {
			t.Errorf("%+v: %d of %d steps failed: %+v", test, failed, len(j.Results), j.Results)
		}
		var open secgroup.Set
		entries, err := r.mender.Groups.Rules(t.Context(), web)
		if open = secgroup.Rules(entries); err == nil &&
			!secgroup.NewCover(open).Covers(secgroup.MustParseRule(narrow)) {
			t.Errorf("%+v: the launch's port is closed", test)
		}
		r.free()
		r.account.Inject(nil)
		if back := r.undo(j); back.Err != nil || len(r.rules()) < len(before) {
			t.Errorf("%+v: undone: %v\n%s", test, back.Err, strings.Join(r.rules(), "\n"))
		}
		for _, rule := range before {
			if !slices.Contains(r.rules(), rule) {
				t.Errorf("%+v: the undo lost %s", test, rule)
			}
		}
	}
}

// TestChangedMeanwhile: the group changes after the plan was shown, so nothing is written.
func TestChangedMeanwhile(t *testing.T) {
	for name, change := range map[string]func(*rig){
		"the rule is gone":           func(r *rig) { must(r, r.account.RemoveRule(r.account.Rules(web.ID)[0].ID)) },
		"a launch requests the rule": func(r *rig) { r.asks("b", other) },
	} {
		r := newRig(t)
		r.holds(other)
		j := r.prepare()
		change(r)
		before := r.rules()
		r.mender.Perform(t.Context(), j)
		if !errors.Is(j.Err, mend.ErrChanged) || len(j.Results) > 0 || !slices.Equal(r.rules(), before) {
			t.Errorf("%s: %v, %+v", name, j.Err, j.Results)
		}
		r.free()
	}
}

func must(r *rig, err error) {
	if err != nil {
		r.Fatal(err)
	}
}

// TestBusy: while a function holds the lease, nothing is written, and the lease stays the function's.
func TestBusy(t *testing.T) {
	r := newRig(t)
	r.holds(other)
	holder := lease.State{Op: lease.Ring, Owner: lease.Owner{Nonce: "function"},
		Deadline: lease.Instant(time.Now().Add(time.Minute).UnixMilli())}
	_, _, err := r.table.Perform(t.Context(), web, holder, nil)
	must(r, err)
	j := r.prepare()
	r.mender.Perform(t.Context(), j)
	head, _, err := r.table.Head(t.Context(), web)
	if !errors.Is(j.Err, mend.ErrBusy) || len(j.Results) > 0 || err != nil || head.Owner != holder.Owner {
		t.Errorf("%v, held by %v, %v", j.Err, head.Owner, err)
	}
}

// TestWithoutTable: a report's requests protect their rules, and no table is needed.
func TestWithoutTable(t *testing.T) {
	r := newRig(t)
	r.asks("a", narrow)
	r.holds(wide)
	drifts := r.audit()
	record, err := r.table.Load(t.Context(), web)
	must(r, err)
	r.account.Deny("dynamodb:*")
	r.mender.Table, r.mender.Recorded = nil, map[claim.Group]mend.Recorded{web: {Requests: record.Requests}}
	j, err := r.mender.Prepare(t.Context(), web, drifts)
	must(r, err)
	r.mender.Perform(t.Context(), j)
	if got := strings.Join(r.rules(), "; "); j.Err != nil || got != `tcp 8000-8000 192.0.2.0/24 "sgkeeper a" map[]` {
		t.Errorf("%v: %s", j.Err, got)
	}
}

// TestNotAdopted: the rule for a launch exists, and the table did not take it. The error has the
// command that makes it sgkeeper's.
func TestNotAdopted(t *testing.T) {
	r := newRig(t)
	r.asks("a", narrow)
	j := r.prepare()
	r.fails("dynamodb:TransactWriteItems", 1, false, "InternalServerError")
	r.mender.Perform(t.Context(), j)
	if j.Err == nil || !strings.Contains(j.Err.Error(), "sgkeeper adopt --group "+web.ID) || len(j.Results) != 1 {
		t.Errorf("%v, %+v", j.Err, j.Results)
	}
	r.free()
}

// TestReadUndo refuses files of others.
func TestReadUndo(t *testing.T) {
	for file, want := range map[string]string{
		``:              "want a file that sgkeeper mend has written",
		`{"groups":[]}`: "want a file that sgkeeper mend has written",
		`{"version":2}`: "its version is 2, and this sgkeeper reads version 1",
		`{"version":1,"groups":[{"account":"111122223333","region":"us-east-1","id":"sg-1;id"}]}`: "is no security " +
			"group",
		`{"version":1,"steps":[]}`: "unknown field",
		`{"version":1} {}`:         "want a file",
	} {
		if _, err := mend.ReadUndo([]byte(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
}

// TestCancelled: a person interrupts the program during a call. No further call is made, the error says so,
// and the lease is free.
func TestCancelled(t *testing.T) {
	r := newRig(t)
	r.asks("a", narrow)
	r.holds(wide, other)
	j := r.prepare()
	ctx, cancel := context.WithCancel(t.Context())
	r.account.Inject(func(op fakeaws.Op) (bool, error) {
		if op.Action() == "ec2:AuthorizeSecurityGroupIngress" {
			cancel()
		}
		return true, nil
	})
	r.mender.Perform(ctx, j)
	if j.Err == nil || len(j.Results) != 1 || len(r.rules()) < 2 {
		t.Errorf("%v, %+v\n%s", j.Err, j.Results, strings.Join(r.rules(), "\n"))
	}
	r.free()
}
