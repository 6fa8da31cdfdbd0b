package audit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func TestAuditAll(t *testing.T) {
	r := newRig(t)
	r.group(1) // as asked
	r.asks("a", 1, "tcp 80 from 10.0.0.0/8")
	r.holds(1, "a", 80, "10.0.0.0/8")
	r.group(2) // a rule is missing
	r.asks("a", 2, "tcp 80 from 10.0.0.0/8")
	r.group(3) // a foreign rule without a request
	r.holds(3, "", 22, "10.0.0.0/8")
	r.asks("b", 4, "tcp 80 from 10.0.0.0/8") // no such group
	r.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: groupID(5), VPC: vpc})
	r.asks("a", 5, "tcp 80 from 10.0.0.0/8") // not opted in
	r.holds(5, "a", 80, "10.0.0.0/8")
	r.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: groupID(6), VPC: vpc}) // no rule of ours
	r.holds(6, "", 22, "10.0.0.0/8")
	report := r.auditAll()
	r.finds(report, "missing "+groupID(2), "unexpected "+groupID(3), "group-missing "+groupID(4),
		"managed-tag-lost "+groupID(5))
	if len(report.Groups) != 5 || report.Read != 5 || !report.Whole.Equal(report.Started) {
		t.Errorf("%d groups, looked at %d, whole since %v, want 5 now", len(report.Groups), report.Read, report.Whole)
	}
}

// TestAuditBefore: ids and times are kept from audit to audit, of all groups or some.
func TestAuditBefore(t *testing.T) {
	r := newRig(t)
	r.group(1)
	r.group(2)
	r.asks("a", 1, "tcp 80 from 10.0.0.0/8")
	r.holds(2, "", 81, "10.0.0.0/8")
	first := r.auditAll()
	r.finds(first, "missing "+groupID(1), "unexpected "+groupID(2))

	r.now = r.now.Add(time.Hour)
	r.holds(1, "a", 80, "10.0.0.0/8")
	extra := r.holds(2, "", 82, "10.0.0.0/8")
	change := drift.Change{EventID: "e-1", Name: "AuthorizeSecurityGroupIngress",
		Actor: "arn:aws:iam::111122223333:user/eve", At: r.now}
	call := drift.Call{Change: change, Rules: []secgroup.Rule{secgroup.MustParseRule("tcp 82 from 10.0.0.0/8")}}
	second := r.audit(audit.Scope{Targets: []audit.Target{{Group: groupOf(2), Changes: []drift.Call{call}}}}, first)
	r.finds(second, "missing "+groupID(1), "unexpected "+groupID(2), "unexpected "+groupID(2))
	for _, d := range second.Drifts {
		fresh := d.Rule.ID == extra
		if d.Since.Equal(r.now) != fresh || (d.Changed == change) != fresh {
			t.Errorf("%s: since %v, changed by %v; want now and by eve only what is new", d.Detail, d.Since, d.Changed)
		}
	}
	if second.Read != 1 || len(second.Groups) != 2 || !second.Whole.Equal(first.Started) || len(second.Closed) != 0 {
		t.Errorf("looked at %d of %d groups, whole since %v, closed %d",
			second.Read, len(second.Groups), second.Whole, len(second.Closed))
	}

	third := r.audit(audit.Scope{All: true}, second)
	r.finds(third, "unexpected "+groupID(2), "unexpected "+groupID(2))
	if len(third.Closed) != 1 || third.Closed[0].Kind != drift.Missing || len(third.History) != 3 {
		t.Errorf("closed %v, %d points, want the missing rule and 3", third.Closed, len(third.History))
	}
}

// TestAuditUnreadable denies one call after the other. The audit calls nothing clean that it
// could not read.
func TestAuditUnreadable(t *testing.T) {
	for action, want := range map[string][]string{
		"ec2:DescribeSecurityGroupRules":  {"unknown " + groupID(1), "unknown " + groupID(2)},
		"ec2:DescribeSecurityGroups":      {"unknown " + groupID(1), "unknown the list of groups that bear " + tag},
		"ec2:DescribeNetworkInterfaces":   {"unexpected " + groupID(2), "unknown network interfaces"},
		"ec2:DescribeStaleSecurityGroups": {"unexpected " + groupID(2), "unknown stale references in " + vpc},
		"ec2:DescribeManagedPrefixLists":  {"unexpected " + groupID(2), "unknown prefix list pl-0123456789abcdef0"},
		"ec2:GetManagedPrefixListEntries": {"unexpected " + groupID(2), "unknown prefix list pl-0123456789abcdef0"},
	} {
		t.Run(action, func(t *testing.T) {
			r := newRig(t)
			r.account.AddPrefixList(fakeaws.PrefixList{ID: "pl-0123456789abcdef0", Name: "offices",
				Entries: []fakeaws.PrefixListEntry{{CIDR: "192.0.2.0/24"}}})
			r.group(1)
			r.asks("a", 1, "tcp 80 from pl-0123456789abcdef0")
			r.holds(1, "a", 80, "pl-0123456789abcdef0")
			r.group(2)
			r.holds(2, "", 22, "10.0.0.0/8")
			r.account.Deny(action)
			report := r.auditAll()
			r.finds(report, want...)
			for _, d := range report.Drifts {
				if d.Kind == drift.Unexpected &&
					(d.Severity == drift.High) != (action == "ec2:DescribeNetworkInterfaces") {
					t.Errorf("port 22 is %v: where interfaces are not known, it is taken to be attached", d.Severity)
				}
			}
		})
	}
}

// TestAuditTableUnreadable: without the table, an audit of all groups fails.
func TestAuditTableUnreadable(t *testing.T) {
	r := newRig(t)
	r.account.Deny("dynamodb:*")
	if _, err := r.auditor.Audit(t.Context(), audit.Scope{All: true}, nil); err == nil {
		t.Error("Audit without a table succeeds")
	}
	report := r.audit(audit.Scope{Targets: []audit.Target{{Group: groupOf(1)}}}, nil)
	r.finds(report, "unknown "+groupID(1))
}

// TestAuditUnread reports things that could not be read before the audit.
func TestAuditUnread(t *testing.T) {
	r := newRig(t)
	r.auditor.Subjects = []audit.Subject{{Input: drift.Exceptions, Name: "exceptions", Unread: "line 3: no YAML"}}
	r.finds(r.auditAll(), "unknown exceptions")
}

// TestAuditAround reads interfaces, stale references, prefix lists, and the group that took
// over a deleted group's name.
func TestAuditAround(t *testing.T) {
	r := newRig(t)
	const list, peer = "pl-0123456789abcdef0", "sg-0aaaaaaaaaaaaaaaa"
	entries := func(cidrs ...string) (all []fakeaws.PrefixListEntry) {
		for _, c := range cidrs {
			all = append(all, fakeaws.PrefixListEntry{CIDR: c})
		}
		return all
	}
	r.account.AddPrefixList(fakeaws.PrefixList{ID: list, Name: "offices", MaxEntries: 9,
		Entries: entries("192.0.2.0/24", "198.51.100.0/24")})
	r.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: peer, Name: "peer", VPC: vpc})
	for n := range 4 {
		r.group(n)
		r.asks("a", n, "tcp 80 from "+list)
		r.holds(n, "a", 80, list)
	}
	r.holds(1, "", 90, peer)
	r.account.ResetCalls()
	first := r.auditAll()
	r.finds(first, "unexpected "+groupID(1))
	got := r.account.Calls()
	if got.Op("ec2", "DescribeManagedPrefixLists") != 1 || got.Op("ec2", "GetManagedPrefixListEntries") != 1 ||
		got.Op("ec2", "DescribeStaleSecurityGroups") != 1 {
		t.Errorf("read more than once each:\n%s", got)
	}
	r.account.RemoveSecurityGroup(peer)
	r.account.RemoveSecurityGroup(groupID(3))
	r.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: groupID(9), Name: "web-3", VPC: vpc, Tags: managed,
		NoEgress: true})
	r.account.AddPrefixList(fakeaws.PrefixList{ID: list, Name: "offices", MaxEntries: 9,
		Entries: entries("192.0.2.0/24", "0.0.0.0/0")})
	r.account.ResetCalls()
	second := r.audit(audit.Scope{All: true}, first)
	r.finds(second, "stale-reference "+groupID(1), "group-recreated "+groupID(3), "prefix-list-contents "+groupID(0),
		"prefix-list-contents "+groupID(1), "prefix-list-contents "+groupID(2))
	third := r.audit(audit.Scope{All: true}, second)
	r.finds(third, "stale-reference "+groupID(1), "group-recreated "+groupID(3))
	if got := r.account.Calls(); got.Op("ec2", "GetManagedPrefixListEntries") != 1 {
		t.Errorf("entries were read though the version is known:\n%s", got)
	}
}

// TestAuditRace: one launch begins and another ends after the table is read and before EC2 is.
// Neither is a drift.
func TestAuditRace(t *testing.T) {
	r := newRig(t)
	r.group(1)
	r.group(2)
	gone := r.asks("gone", 1, "tcp 80 from 10.0.0.0/8")
	r.asks("stays", 2, "tcp 80 from 10.0.0.0/8")
	r.holds(2, "stays", 80, "10.0.0.0/8")
	var raced bool
	r.account.Inject(func(op fakeaws.Op) (bool, error) {
		if op.Action() != "ec2:DescribeSecurityGroupRules" || raced {
			return true, nil
		}
		raced = true
		if err := r.table.EndIn(context.Background(), gone.Launch, gone.Group, r.now); err != nil {
			t.Error(err)
		}
		r.asks("comes", 2, "tcp 81 from 10.0.0.0/8")
		r.holds(2, "comes", 81, "10.0.0.0/8")
		return true, nil
	})
	r.finds(r.auditAll())
	if !raced {
		t.Error("nothing raced")
	}
}

// TestAuditContinued stops before its deadline, and another leg continues.
func TestAuditContinued(t *testing.T) {
	r := newRig(t)
	r.reader.PageSize = 5
	const groups = 450
	for n := range groups {
		r.group(n)
		if n%3 == 0 {
			r.asks("a", n, "tcp 80 from 10.0.0.0/8")
		}
	}
	whole := r.auditAll()
	var run *audit.Run
	for invocations := 1; ; invocations++ {
		ctx, cancel := context.WithDeadline(t.Context(), r.now.Add(audit.Rest+time.Minute))
		r.auditor.Progress = func(audit.Progress) { r.now = r.now.Add(2 * time.Minute) } // one batch, then time is up
		if run == nil {
			run = r.auditor.Start(audit.Scope{All: true})
		}
		done, err := r.auditor.Continue(ctx, run, nil)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if done {
			if invocations != run.Invocations || invocations < 3 {
				t.Errorf("%d invocations, want three and more", run.Invocations)
			}
			break
		}
		run = handedOn(t, run)
	}
	got, _ := r.auditor.Finish(run, nil)
	if len(got.Groups) != groups || len(got.Drifts) != groups/3 || len(whole.Drifts) != groups/3 {
		t.Errorf("%d groups and %d drifts, want %d and %d", len(got.Groups), len(got.Drifts), groups, groups/3)
	}
	for i := range got.Drifts {
		if got.Drifts[i].ID != whole.Drifts[i].ID {
			t.Fatalf("drift %d is %s, want %s", i, got.Drifts[i].Detail, whole.Drifts[i].Detail)
		}
	}
	ctx, cancel := context.WithDeadline(t.Context(), r.now)
	defer cancel()
	_, err := r.auditor.Audit(ctx, audit.Scope{All: true}, nil)
	if !errors.Is(err, audit.ErrUnfinished) && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Audit without time: %v", err)
	}
}

// TestAuditProgress reports progress until all groups are read.
func TestAuditProgress(t *testing.T) {
	r := newRig(t)
	for n := range 250 {
		r.group(n)
	}
	var told []string
	r.auditor.Progress = func(p audit.Progress) { told = append(told, fmt.Sprint(p.Groups, " of ", p.Known)) }
	r.auditAll()
	if want := []string{"200 of 250", "250 of 250"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

// TestAuditElsewhere: a group in a place that is not audited is unknown, not missing.
func TestAuditElsewhere(t *testing.T) {
	r := newRig(t)
	request := r.asks("a", 1, "tcp 80 from 10.0.0.0/8")
	request.Group.Region = "eu-west-1"
	if _, _, err := r.table.Claim(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	first := r.auditAll()
	r.finds(first, "group-missing "+groupID(1), "unknown "+groupID(1))
	if err := r.table.EndIn(t.Context(), request.Launch, request.Group, r.now); err != nil {
		t.Fatal(err)
	}
	r.finds(r.audit(audit.Scope{All: true}, first), "group-missing "+groupID(1))
}
