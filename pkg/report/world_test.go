package report

import (
	"fmt"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const installation = "111122223333/eu-west-1/sgkeeper"

// hostile acts in at least one format, unless it is escaped.
const hostile = `=HYPERLINK("http://evil")</script><script>document.title='owned'</script><img src=x onerror=alert(1)>` + "\x1b[31m\u202e]]>--> {{.}} \xff"

// story collects the facts of one group.
type story struct {
	drift.Facts
	rules int
}

func group(n int, name string) *story {
	g := claim.Group{Account: "111122223333", Region: "eu-west-1", ID: fmt.Sprintf("sg-0123456789ab%05x", n)}
	return &story{Facts: drift.Facts{
		Group: g, Name: name, VPC: "vpc-0a1b2c3d", Found: true, Tags: map[string]string{"sgkeeper:managed": "true"},
		Interfaces: 2,
	}}
}

func (s *story) rule(text string) secgroup.Rule {
	return secgroup.MustParseRule(text).In(s.Group.Account, s.Group.ID)
}

// asked adds a launch's request, made some hours ago, for some hours. With 0 it has no expiry.
func (s *story) asked(launch string, ago, hours int, rules ...string) *story {
	asked := events.Request{Launch: claim.Launch{Account: s.Group.Account, Name: launch}}
	received := now.Add(-time.Duration(ago) * time.Hour)
	if hours > 0 {
		asked.ExpiresAt = received.Add(time.Duration(hours) * time.Hour)
	}
	for _, text := range rules {
		asked.Rules = append(asked.Rules, secgroup.Entry{Rule: s.rule(text)})
	}
	s.Requests = append(s.Requests, asked.On(s.Group, received))
	return s
}

// ended ends the last request, some hours ago.
func (s *story) ended(status claim.Status, ago int) *story {
	r := &s.Requests[len(s.Requests)-1]
	r.Status, r.Finished = status, now.Add(-time.Duration(ago)*time.Hour)
	return s
}

// ours and theirs add rules to the group.
func (s *story) ours(rules ...string) *story {
	for _, text := range rules {
		s.stands(text, "sgkeeper "+s.Requests[0].Launch.Name, true)
	}
	return s
}

func (s *story) theirs(rules ...string) *story {
	for _, text := range rules {
		s.stands(text, "", false)
	}
	return s
}

func (s *story) stands(text, description string, ours bool) *story {
	s.rules++
	e := secgroup.Entry{Rule: s.rule(text), ID: fmt.Sprintf("sgr-%s%04x", s.Group.ID[12:], s.rules),
		Description: description}
	if ours {
		owner := plan.Owner{Installation: installation, Group: s.Group.ID, Keys: []claim.Key{"key"}}
		e = owner.Tagged(plan.Stamp{Ticket: 1, Span: "AAAAAAAA"}, []secgroup.Entry{e})[0]
		s.Ledger.Keys, s.Ledger.Span = owner.Keys, "AAAAAAAA"
	}
	s.Entries = append(s.Entries, e)
	return s
}

// tell edits the facts.
func (s *story) tell(edit func(*drift.Facts)) *story {
	edit(&s.Facts)
	return s
}

// stories returns the groups of the report that most tests render.
func stories() []*story {
	return []*story{
		group(1, "inference").
			asked("llama4-7f3a", 30, 0, "tcp 8000 from 0.0.0.0/0", "tcp 8000 from ::/0",
				"tcp 8002-8004 from 10.0.0.0/8").
			asked("ray-head-11", 20, 48, "tcp 6379 from 10.0.0.0/8", "tcp 8265 from 10.20.0.0/16").
			asked("batch-0192", 60, 24, "tcp 9090 from 10.0.0.0/8").ended(claim.Expired, 36).
			ours("tcp 8000 from 0.0.0.0/0", "tcp 8002-8004 from 10.0.0.0/8", "tcp 9090 from 10.0.0.0/8").
			theirs("tcp 6379 from 10.0.0.0/9", "tcp 22 from 0.0.0.0/0", "tcp 8265-8270 from 10.20.0.0/16",
				"all from self").
			tell(func(f *drift.Facts) {
				f.Changes = []drift.Call{{Change: drift.Change{EventID: "4f6e2f5a-0d11-4c6f-9f0e-0f7b1d2c3e4f",
					Name:  "AuthorizeSecurityGroupIngress",
					Actor: "arn:aws:sts::111122223333:assumed-role/Operator/jane", At: now.Add(-10 * time.Minute)},
					Rules: []secgroup.Rule{secgroup.MustParseRule("tcp 22 from 0.0.0.0/0")}}}
			}),
		group(2, "notebooks").
			asked("jupyter-ann", 100, 0, "tcp 8888 from 192.0.2.0/24").
			asked("jupyter-bob", 9, 0, "tcp 8889 from sg-0bbbbbbbbbbbbbbbb").ended(claim.Ended, 1).
			ours("tcp 8888 from 192.0.2.0/24", "tcp 8889 from sg-0bbbbbbbbbbbbbbbb").
			theirs("tcp 443 from 999988887777/sg-0cccccccccccccccc", "tcp 9100 from 10.20.1.0/24"),
		group(3, "crowded").asked("many-1", 5, 0, portsFrom(20000, 50)...).ours(portsFrom(20000, 50)...),
		group(4, "quiet").asked("api-1", 400, 0, "tcp 443 from 10.0.0.0/8").ours("tcp 443 from 10.0.0.0/8"),
		group(5, "gone").asked("orphaned-3", 7, 0,
			"udp 53 from 10.0.0.0/8").tell(func(f *drift.Facts) { f.Found = false }),
		group(6, "forbidden").tell(func(f *drift.Facts) {
			f.Unreadable = "UnauthorizedOperation: " +
				"no DescribeSecurityGroupRules"
		}),
		group(7, "stuck").asked("late-2", 3, 0, "icmp 8/0 from 10.0.0.0/8").
			tell(func(f *drift.Facts) {
				f.Lease = lease.Head{Owner: lease.Owner{Nonce: "n"},
					Expires: lease.Instant(now.Add(-time.Hour).UnixMilli()), Want: 3, Applied: 2}
				f.Ledger.Frozen = claim.Freeze{Reason: "incident 4711"}
			}),
		group(8, hostile).stands("tcp 5432 from 198.51.100.7/32", hostile, false).
			tell(func(f *drift.Facts) {
				f.Requests = append(f.Requests, claim.Request{Launch: claim.Launch{Account: "111122223333",
					Name: hostile}, Group: f.Group,
					Purpose:  claim.Purpose{Requester: hostile, Reason: hostile, Ticket: hostile},
					Received: now.Add(-time.Hour), Status: claim.Open, Rules: []secgroup.Entry{{Rule: secgroup.MustParseRule("tcp 81 from 10.0.0.0/8"), Description: hostile}}})
				f.Changes = []drift.Call{{Change: drift.Change{EventID: hostile, Actor: hostile,
					At:   now.Add(-time.Hour),
					Name: "AuthorizeSecurityGroupIngress" + hostile}, Rules: secgroupRules(f.Entries)}}
			}),
	}
}

func secgroupRules(entries []secgroup.Entry) (rules []secgroup.Rule) {
	for _, e := range entries {
		rules = append(rules, e.Rule)
	}
	return rules
}

func portsFrom(first, n int) (rules []string) {
	for i := range n {
		rules = append(rules, fmt.Sprintf("tcp %d from 10.0.0.0/8", first+2*i))
	}
	return rules
}

// audited returns the report of an audit of these groups.
func audited(at time.Time, previous *drift.Report, all ...*story) *drift.Report {
	p := drift.Policy{
		Installation: installation, ManagedTag: "sgkeeper:managed=true", Sensitive: drift.SensitivePorts(),
		Exceptions: []drift.Exception{{ID: "monitoring", Owner: "platform", Reason: "exporters",
			Rules: []secgroup.Rule{secgroup.MustParseRule("tcp 9100 from 10.20.0.0/16")}}},
	}
	r := &drift.Report{ID: at.Format("20060102T150405Z") + "-9f3c", Installation: installation, Table: "sgkeeper",
		Started:  at,
		Finished: at.Add(1400 * time.Millisecond)}
	for _, s := range all {
		g, drifts := drift.Compare(s.Facts, p, at)
		r.Groups, r.Drifts = append(r.Groups, g), append(r.Drifts, drifts...)
	}
	report, _ := drift.Conclude(previous, drift.Run{Report: *r, All: true, Complete: true})
	return report
}

// whole returns a report with old and new drifts of many kinds, closed and unverified ones, and a
// history.
func whole() *drift.Report {
	var r *drift.Report
	for i := 30; i > 0; i-- { // earlier audits find varying drifts
		var before []*story
		for n := range 1 + (i*i)%5 + i/6 {
			before = append(before, group(20+n, "old").theirs("tcp 22 from 0.0.0.0/0", "tcp 81 from 10.0.0.0/8"))
		}
		if i == 1 {
			before = append(before, group(6, "forbidden").theirs("tcp 3306 from 0.0.0.0/0"),
				group(2, "notebooks").theirs("tcp 443 from 999988887777/sg-0cccccccccccccccc"))
		}
		r = audited(now.Add(-time.Duration(i)*12*time.Hour), r, before...)
	}
	all := append(stories(), group(20, "old"))
	return audited(now, r, all...)
}
