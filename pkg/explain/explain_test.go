package explain

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

const ours plan.Installation = "ours"

var (
	place = claim.Group{Account: "111122223333", Region: "us-east-1", ID: "sg-0123456789abcdef0"}
	noon  = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
)

// stands are foreign rules; made are rules of an installation.
func stands(rules ...string) (entries []secgroup.Entry) {
	for _, text := range rules {
		entries = append(entries, secgroup.Entry{Rule: secgroup.MustParseRule(text), ID: "sgr " + text})
	}
	return entries
}

func made(i plan.Installation, rules ...string) []secgroup.Entry {
	owner := plan.Owner{Installation: i, Group: place.ID, Keys: []claim.Key{"key"}}
	return owner.Tagged(plan.Stamp{Ticket: 1, Span: "AAAAAAAA"}, stands(rules...))
}

// modified is a rule of ours that an outsider changed.
func modified(from, to string) []secgroup.Entry {
	entries := made(ours, from)
	entries[0].Rule = secgroup.MustParseRule(to)
	return entries
}

// asks is a request of a launch, received some minutes after noon.
func asks(minutes int, launch string, rules ...string) claim.Request {
	e := events.Request{Launch: claim.Launch{Account: place.Account, Name: launch}, Rules: stands(rules...)}
	for i := range e.Rules {
		e.Rules[i].ID = ""
	}
	return e.On(place, noon.Add(time.Duration(minutes)*time.Minute))
}

// state is a group with room for 60 rules.
func state(requests ...claim.Request) group.State {
	return group.State{Group: place, Installation: ours, Quota: plan.Quota{Limit: 60}, Requests: requests, Loaded: noon,
		Ledger: claim.Ledger{Keys: []claim.Key{"key"}, Span: "AAAAAAAA"}}
}

func with(r claim.Request, change func(*claim.Request)) claim.Request {
	change(&r)
	return r
}

func refused(r *claim.Request) {
	r.Status, r.Finished, r.Reasons = claim.Refused, noon, claim.Faults{{Field: "/rules", Problem: "no room"}}
}
func expired(r *claim.Request)  { r.Status, r.Finished = claim.Expired, noon }
func ended(r *claim.Request)    { r.Status, r.Finished = claim.Ended, noon }
func untilTwo(r *claim.Request) { r.ExpiresAt = noon.Add(2 * time.Hour) }

// ask reads a question: a rule's text, with anybody instead of a peer.
func ask(text string) Question {
	r := secgroup.MustParseRule(strings.Replace(text, "anybody", "self", 1))
	q := Question{r.Direction, r.Protocol, r.Ports, r.Peer}
	if strings.HasSuffix(text, "anybody") {
		q.Peer = secgroup.Peer{}
	}
	return q
}

// outline is a short form of an answer.
func outline(a Answer) []string {
	lines := []string{a.Verdict.String()}
	for _, r := range a.Rules {
		line := fmt.Sprintf("%s by %s", r.Entry.Rule, r.Owner)
		if r.Depends {
			line += ", perhaps"
		}
		if len(r.Launches) > 0 {
			line += " for " + strings.Join(r.Launches, " ")
		}
		if r.Note != "" {
			line += ": " + r.Note
		}
		lines = append(lines, line)
	}
	for _, c := range a.Claims {
		line := fmt.Sprintf("%s asked %s: %s", c.Request.Launch.Name, c.Rule.Rule, c.State)
		for _, e := range c.By {
			line += ", " + e.ID
		}
		if c.Note != "" {
			line += ": " + c.Note
		}
		lines = append(lines, line)
	}
	return lines
}

var situations = []struct {
	name     string
	question string
	entries  []secgroup.Entry
	requests []claim.Request
	want     []string
}{
	{"nothing", "tcp 8000 from anybody", nil, nil, []string{"closed"}},
	{"made for two", "tcp 8000 from anybody", made(ours, "tcp 8000 from 10.0.0.0/8"),
		[]claim.Request{asks(1, "b", "tcp 8000 from 10.0.0.0/8"), asks(0, "a", "tcp 8000 from 10.0.0.0/8")},
		[]string{"open", "tcp 8000 from 10.0.0.0/8 by sgkeeper for a b",
			"a asked tcp 8000 from 10.0.0.0/8: open, sgr tcp 8000 from 10.0.0.0/8",
			"b asked tcp 8000 from 10.0.0.0/8: open, sgr tcp 8000 from 10.0.0.0/8"}},
	{"foreign", "tcp 22 from anybody", stands("tcp 22 from 10.0.0.0/8", "tcp 8000 from 0.0.0.0/0"), nil,
		[]string{"open", "tcp 22 from 10.0.0.0/8 by others"}},
	{"another installation's", "tcp 22 from anybody", made("theirs", "tcp 22 from 10.0.0.0/8"), nil,
		[]string{"open", "tcp 22 from 10.0.0.0/8 by another installation"}},
	{"ours, modified", "tcp 23 from anybody", modified("tcp 22 from 10.0.0.0/8", "tcp 23 from 10.0.0.0/8"), nil,
		[]string{"open", "tcp 23 from 10.0.0.0/8 by sgkeeper, modified since"}},
	{"covered", "tcp 8001 from anybody", stands("tcp 8000-8004 from 0.0.0.0/0"),
		[]claim.Request{asks(0, "a", "tcp 8001 from 10.0.0.0/8")},
		[]string{"open", "tcp 8000-8004 from 0.0.0.0/0 by others",
			"a asked tcp 8001 from 10.0.0.0/8: covered, sgr tcp 8000-8004 from 0.0.0.0/0"}},
	{"every protocol covers", "tcp 8000 from self", stands("all from self"), nil,
		[]string{"open", "all from self by others"}},
	{"members of a group", "tcp 8000 from anybody", stands("all from self", "tcp 8000 from sg-0aaaaaaaaaaaaaaaa"), nil,
		[]string{"closed except to members", "all from self by others",
			"tcp 8000 from sg-0aaaaaaaaaaaaaaaa by others"}},
	{"a prefix list is of addresses", "tcp 8000 from anybody", stands("tcp 8000 from pl-0aaaaaaaaaaaaaaaa"), nil,
		[]string{"open", "tcp 8000 from pl-0aaaaaaaaaaaaaaaa by others"}},
	{"a part of the ports", "tcp 8000-8004 from anybody", stands("tcp 8002 from 0.0.0.0/0"), nil,
		[]string{"partly open", "tcp 8002 from 0.0.0.0/0 by others"}},
	{"several make it up", "tcp 8000-8004 from anybody", stands("tcp 8000-8002 from ::/0", "tcp 8003-8004 from ::/0"),
		nil,
		[]string{"open", "tcp 8000-8002 from ::/0 by others", "tcp 8003-8004 from ::/0 by others"}},
	{"a part of the addresses", "tcp 8000 from 0.0.0.0/0", stands("tcp 8000 from 10.0.0.0/8"), nil,
		[]string{"partly open", "tcp 8000 from 10.0.0.0/8 by others"}},
	{"the families are apart", "tcp 8000 from ::/0", stands("tcp 8000 from 0.0.0.0/0"), nil, []string{"closed"}},
	{"directions are apart", "tcp 8000 to anybody", stands("tcp 8000 from 0.0.0.0/0"), nil, []string{"closed"}},
	{"an address that may be a member's", "tcp 8000 from 10.0.0.7/32", stands("all from sg-0aaaaaaaaaaaaaaaa"), nil,
		[]string{"closed", "all from sg-0aaaaaaaaaaaaaaaa by others, perhaps"}},
	{"refused", "tcp 8000 from anybody", nil, []claim.Request{with(asks(0, "a", "tcp 8000 from 10.0.0.0/8"), refused)},
		[]string{"closed", "a asked tcp 8000 from 10.0.0.0/8: refused"}},
	{"expired and ended", "tcp 8000 from anybody", nil,
		[]claim.Request{with(asks(0, "a", "tcp 8000 from 10.0.0.0/8"), expired),
			with(asks(1, "b", "tcp 8000 from 10.0.0.0/8"), ended)},
		[]string{"closed", "a asked tcp 8000 from 10.0.0.0/8: expired", "b asked tcp 8000 from 10.0.0.0/8: ended"}},
	{"nobody asks any more", "tcp 8000 from anybody", made(ours, "tcp 8000 from 10.0.0.0/8"), nil,
		[]string{"open", "tcp 8000 from 10.0.0.0/8 by sgkeeper: no launch requests it: " +
			"the next round of the group revokes it"}},
	{"queued", "tcp 8000 from anybody", nil, []claim.Request{asks(0, "a", "tcp 8000 from 10.0.0.0/8")},
		[]string{"closed", "a asked tcp 8000 from 10.0.0.0/8: queued: it is not served yet: " +
			"the next round of the group serves it, at the latest with the next sweep"}},
	{"other ports are not told of", "tcp 8000 from anybody", nil,
		[]claim.Request{asks(0, "a", "tcp 9000 from 10.0.0.0/8")}, []string{"closed"}},
}

func TestAbout(t *testing.T) {
	for _, s := range situations {
		g := state(s.requests...).Observe(s.entries, noon)
		if diff := cmp.Diff(s.want, outline(About(g, ask(s.question)))); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", s.name, s.question, diff)
		}
	}
}

// TestQueued: a claim's note gives the nearest reason for the wait.
func TestQueued(t *testing.T) {
	rule := secgroup.MustParseRule("tcp 8000 from 10.0.0.0/8")
	thrice := []claim.Made{
		{ID: "sgr-1", Rule: rule, At: noon, Described: true}, {ID: "sgr-2", Rule: rule, At: noon, Described: true},
		{ID: "sgr-3", Rule: rule, At: noon, Described: true},
	}
	held := lease.Head{Owner: lease.Owner{Nonce: "x"}, Expires: lease.Instant(noon.Add(time.Minute).UnixMilli())}
	for _, row := range []struct {
		name    string
		s       group.State
		entries []secgroup.Entry
		want    string
	}{
		{"frozen", group.State{Ledger: claim.Ledger{Frozen: claim.Freeze{Reason: "incident 12"}}}, nil,
			"the group is frozen: incident 12"},
		{"contested", group.State{Ledger: claim.Ledger{Made: thrice}}, nil,
			"contested: sgkeeper made it three times within the hour, and an outsider removed it each time"},
		{"held", group.State{Head: held}, nil,
			"a function holds the group's lease until 2026-11-23T12:01:00Z and must serve it"},
		{"full", group.State{Quota: plan.Quota{Limit: 2}}, stands("tcp 1 from 10.0.0.0/8", "tcp 3 from 10.0.0.0/8"),
			"it does not fit: /rules: "},
	} {
		row.s.Requests = []claim.Request{asks(0, "a", rule.String())}
		if row.s.Quota.Limit == 0 {
			row.s.Quota.Limit = 60
		}
		a := About(row.s.Observe(row.entries, noon), ask("tcp 8000 from anybody"))
		if len(a.Claims) != 1 || a.Claims[0].State != Queued || !strings.HasPrefix(a.Claims[0].Note, row.want) {
			t.Errorf("%s: %v, want %q", row.name, outline(a), row.want)
		}
	}
	missing := state(asks(0, "a", rule.String()))
	missing.Ledger.Missing = noon
	a := About(missing.ObserveMissing(noon.Add(time.Hour)), ask("tcp 8000 from anybody"))
	if want := "EC2 does not know the group, since 2026-11-23T12:00:00Z"; a.Claims[0].Note != want {
		t.Errorf("no group: %v, want %q", outline(a), want)
	}
}

// TestSinceAndUntil: a rule is open from its first request until its last request expires.
func TestSinceAndUntil(t *testing.T) {
	g := state(with(asks(5, "b", "tcp 8000 from ::/0"), untilTwo), with(asks(1, "a", "tcp 8000 from ::/0"), untilTwo))
	about := func() Rule {
		return About(g.Observe(made(ours, "tcp 8000 from ::/0"), noon), ask("tcp 8000 from anybody")).Rules[0]
	}
	if r := about(); !r.Since.Equal(noon.Add(time.Minute)) || !r.Until.Equal(noon.Add(2*time.Hour)) {
		t.Errorf("since %v until %v", r.Since, r.Until)
	}
	g.Requests = append(g.Requests, asks(6, "c", "tcp 8000 from ::/0"))
	if r := about(); !r.Until.IsZero() {
		t.Errorf("until %v, though one launch asks without expiry", r.Until)
	}
}

// TestFates asks about rules of ours without a request.
func TestFates(t *testing.T) {
	const wide, part = "tcp 8000-8004 from 10.0.0.0/8", "tcp 8001 from 10.0.0.0/8"
	both := append(made(ours, wide), made(ours, part)...)
	justMade := claim.Ledger{Made: []claim.Made{{ID: both[1].ID, Rule: both[1].Rule, At: noon.Add(-10 * time.Second),
		Described: true, Listed: true}}}
	for _, row := range []struct {
		name    string
		limit   int
		entries []secgroup.Entry
		ledger  claim.Ledger
		want    string
	}{
		{"held by quota", 1, both[:1], claim.Ledger{}, "held by quota"},
		{"its replacement was made just now", 60, both, justMade, "is revoked when its replacement is in effect"},
		{"its replacement is in effect", 60, both, claim.Ledger{},
			"no launch requests it: the next round of the group revokes it"},
		{"the history is lost", 60, both, claim.Ledger{Forgotten: 9},
			"no launch requests it: it is revoked once an operator confirms it with sgkeeper resume"},
		{"the group is frozen", 60, both, claim.Ledger{Frozen: claim.Freeze{Reason: "incident 12"}},
			"no launch requests it: it is revoked once the group is thawed; the group is frozen: incident 12"},
	} {
		s := state(asks(-60, "a", part))
		row.ledger.Keys, row.ledger.Span = s.Ledger.Keys, s.Ledger.Span
		s.Quota.Limit, s.Ledger = row.limit, row.ledger
		a := About(s.Observe(row.entries, noon), ask("tcp 8001 from anybody"))
		i := len(a.Rules) - 1 // the wide rule comes first, except for ports from 8001 on
		for n, r := range a.Rules {
			if r.Entry.Rule.String() == wide {
				i = n
			}
		}
		if got := a.Rules[i].Note; !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

// TestRevokedAndStillDescribed asks about a rule that was revoked a minute ago, and about one
// with a pending revoke. EC2 describes both.
func TestRevokedAndStillDescribed(t *testing.T) {
	const rule = "tcp 8000 from 10.0.0.0/8"
	entries := made(ours, rule)
	minuteAgo := noon.Add(-time.Minute)
	for _, row := range []struct {
		name   string
		ledger claim.Ledger
		want   string
	}{
		{"revoked", claim.Ledger{Revoked: []claim.Revoked{{ID: entries[0].ID, At: minuteAgo}}},
			"revoked at 2026-11-23T11:59:00Z; EC2 still describes it"},
		{"pending", claim.Ledger{PendingRevokes: []claim.PendingRevoke{{ID: entries[0].ID, Since: minuteAgo}}},
			"its revoke is pending since 2026-11-23T11:59:00Z; a round completes it"},
	} {
		s := state(asks(-1, "a", rule))
		s.Ledger = row.ledger
		a := About(s.Observe(entries, noon), ask("tcp 8000 from anybody"))
		if a.Verdict != Closed || len(a.Rules) != 0 || a.Claims[0].State != Queued {
			t.Errorf("%s: %v, want closed and queued", row.name, outline(a))
		}
		if len(a.Leaving) != 1 || a.Leaving[0].Note != row.want {
			t.Errorf("%s: leaving %+v, want %q", row.name, a.Leaving, row.want)
		}
	}
}

// TestMadeAndNotDescribed asks about a rule that was made ten seconds ago.
func TestMadeAndNotDescribed(t *testing.T) {
	rule := secgroup.MustParseRule("tcp 8000 from 10.0.0.0/8")
	s := state(asks(-1, "a", rule.String()))
	s.Ledger.Made = []claim.Made{{ID: "sgr-9", Rule: rule, At: noon.Add(-10 * time.Second), Listed: true}}
	s.Ledger.Served = claim.Served{}.After(noon, s.Requests)
	a := About(s.Observe(nil, noon), ask("tcp 8000 from anybody"))
	note := "sgkeeper made sgr-9 at 2026-11-23T11:59:50Z, and EC2 does not describe it yet"
	want := []string{"open", "tcp 8000 from 10.0.0.0/8 by sgkeeper for a: " + note,
		"a asked tcp 8000 from 10.0.0.0/8: open, sgr-9: " + note}
	if diff := cmp.Diff(want, outline(a)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.Requests = append(s.Requests, asks(0, "b", rule.String()))
	a = About(s.Observe(nil, noon), ask("tcp 8000 from anybody"))
	if got, want := a.Claims[1].Note, note+"; the launch is announced once EC2 confirms the rule"; got != want {
		t.Errorf("a new launch: %q, want %q", got, want)
	}
}

// TestParts asks about a foreign rule that five launches requested parts of.
func TestParts(t *testing.T) {
	var requests []claim.Request
	for i := range 5 {
		requests = append(requests, asks(i, fmt.Sprint("l", i), fmt.Sprintf("tcp %d from 0.0.0.0/0", 8000+i)))
	}
	a := About(state(requests...).Observe(stands("all from 0.0.0.0/0"), noon), ask("all from anybody"))
	r := a.Rules[0]
	if len(r.Launches) != 0 || len(r.Parts) != 5 {
		t.Fatalf("asked for by %v, parts %v: want nobody, and five parts", r.Launches, r.Parts)
	}
	if p := r.Parts[0]; p.Launch != "l0" || len(p.Rules) != 1 || p.Rules[0].String() != "tcp 8000 from 0.0.0.0/0" {
		t.Errorf("part %v, want l0 with tcp 8000 from 0.0.0.0/0", p)
	}
}

func TestQuestionText(t *testing.T) {
	for text, want := range map[string]string{
		"tcp 8000 from anybody": "ingress tcp 8000", "udp 53-54 to 10.0.0.0/8": "udp 53-54 to 10.0.0.0/8",
		"all from anybody": "ingress all", "icmp 8 from ::/0": "icmp 8 from ::/0", "50 to anybody": "egress 50",
	} {
		if got := ask(text).String(); got != want {
			t.Errorf("String of %q = %q, want %q", text, got, want)
		}
	}
}

// TestRefused: refused events are listed by the rules that they requested.
func TestRefused(t *testing.T) {
	refused := func(minutes int, rules ...string) claim.Refusal {
		r := claim.Refusal{Event: fmt.Sprint(minutes), At: noon.Add(time.Duration(minutes) * time.Minute)}
		for _, text := range rules {
			r.Rules = append(r.Rules, secgroup.MustParseRule(text))
		}
		return r
	}
	end, long := refused(4), refused(5, "tcp 80 from 10.0.0.0/8")
	end.End, long.More = true, 7
	refusals := []claim.Refusal{
		refused(3, "tcp 22 from 0.0.0.0/0"), refused(1, "tcp 80 from 10.0.0.0/8", "tcp 20-24 from 10.0.0.0/8"),
		refused(2, "tcp 80 from 10.0.0.0/8"), refused(0), end, long,
	}
	s := state().Observe(nil, noon)
	about := Question{Protocol: secgroup.TCP, Ports: secgroup.Ports{First: 22, Last: 22}}
	names := func(refusals []claim.Refusal) (text string) {
		for _, r := range refusals {
			text += r.Event
		}
		return text
	}
	if a := About(s, about, refusals...); names(a.Refused) != "13" || names(a.Unclear) != "05" || a.Verdict != Closed {
		t.Errorf("%s: refused %s, unclear %s; want 13 and 05", a.Verdict, names(a.Refused), names(a.Unclear))
	}
	about.Peer = secgroup.MustParseRule("tcp 1 from 192.0.2.1/32").Peer
	if a := About(s, about, refusals...); names(a.Refused) != "3" {
		t.Errorf("about one address: refused %s, want 3", names(a.Refused))
	}
}
