package explain

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

const ours plan.Installation = "ours"

var (
	group = claim.Group{Account: "111122223333", Region: "us-east-1", ID: "sg-0123456789abcdef0"}
	noon  = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
)

// stands are rules of others; made are those that an installation made.
func stands(rules ...string) (entries []secgroup.Entry) {
	for _, text := range rules {
		entries = append(entries, secgroup.Entry{Rule: secgroup.MustParseRule(text), ID: "sgr " + text})
	}
	return entries
}

func made(i plan.Installation, rules ...string) []secgroup.Entry {
	entries := stands(rules...)
	for n := range entries {
		entries[n].Tags = i.Tags(entries[n : n+1])
	}
	return entries
}

// modified is a rule of ours that somebody made another one of.
func modified(from, to string) []secgroup.Entry {
	entries := made(ours, from)
	entries[0].Rule = secgroup.MustParseRule(to)
	return entries
}

// asks is a request of a launch, received some minutes after noon.
func asks(minutes int, launch string, rules ...string) claim.Request {
	e := events.Request{Launch: events.Launch{Account: group.Account, Name: launch}, Rules: stands(rules...)}
	for i := range e.Rules {
		e.Rules[i].ID = ""
	}
	return claim.New(e, group, noon.Add(time.Duration(minutes)*time.Minute))
}

func with(r claim.Request, change func(*claim.Request)) claim.Request {
	change(&r)
	return r
}

func refused(r *claim.Request) {
	r.Status, r.Settled, r.Reasons = claim.Refused, noon, events.Faults{{Field: "/rules", Problem: "no room"}}
}
func expired(r *claim.Request)  { r.Status, r.Settled = claim.Expired, noon }
func ended(r *claim.Request)    { r.Status, r.Settled = claim.Ended, noon }
func untilTwo(r *claim.Request) { r.ExpiresAt = noon.Add(2 * time.Hour) }

// ask reads a question: a rule's text, with anybody for no peer.
func ask(text string) Question {
	r := secgroup.MustParseRule(strings.Replace(text, "anybody", "self", 1))
	q := Question{r.Direction, r.Protocol, r.Ports, r.Peer}
	if strings.HasSuffix(text, "anybody") {
		q.Peer = secgroup.Peer{}
	}
	return q
}

// outline is an answer in few words.
func outline(a Answer) []string {
	lines := []string{a.Verdict.String()}
	for _, r := range a.Rules {
		line := fmt.Sprintf("%s by %s", r.Entry.Rule, r.Whose)
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
			"a asked tcp 8000 from 10.0.0.0/8: open, sgr tcp 8000 from 10.0.0.0/8", "b asked tcp 8000 from 10.0.0.0/8: open, sgr tcp 8000 from 10.0.0.0/8"}},
	{"foreign", "tcp 22 from anybody", stands("tcp 22 from 10.0.0.0/8", "tcp 8000 from 0.0.0.0/0"), nil,
		[]string{"open", "tcp 22 from 10.0.0.0/8 by others"}},
	{"another installation's", "tcp 22 from anybody", made("theirs", "tcp 22 from 10.0.0.0/8"), nil,
		[]string{"open", "tcp 22 from 10.0.0.0/8 by another installation"}},
	{"ours, modified", "tcp 23 from anybody", modified("tcp 22 from 10.0.0.0/8", "tcp 23 from 10.0.0.0/8"), nil,
		[]string{"open", "tcp 23 from 10.0.0.0/8 by sgkeeper, modified since"}},
	{"covered", "tcp 8001 from anybody", stands("tcp 8000-8004 from 0.0.0.0/0"), []claim.Request{asks(0, "a", "tcp 8001 from 10.0.0.0/8")},
		[]string{"open", "tcp 8000-8004 from 0.0.0.0/0 by others", "a asked tcp 8001 from 10.0.0.0/8: covered, sgr tcp 8000-8004 from 0.0.0.0/0"}},
	{"every protocol covers", "tcp 8000 from self", stands("all from self"), nil, []string{"open", "all from self by others"}},
	{"members of a group", "tcp 8000 from anybody", stands("all from self", "tcp 8000 from sg-0aaaaaaaaaaaaaaaa"), nil,
		[]string{"closed but to members", "all from self by others", "tcp 8000 from sg-0aaaaaaaaaaaaaaaa by others"}},
	{"a prefix list is of addresses", "tcp 8000 from anybody", stands("tcp 8000 from pl-0aaaaaaaaaaaaaaaa"), nil,
		[]string{"open", "tcp 8000 from pl-0aaaaaaaaaaaaaaaa by others"}},
	{"a part of the ports", "tcp 8000-8004 from anybody", stands("tcp 8002 from 0.0.0.0/0"), nil,
		[]string{"partly open", "tcp 8002 from 0.0.0.0/0 by others"}},
	{"several make it up", "tcp 8000-8004 from anybody", stands("tcp 8000-8002 from ::/0", "tcp 8003-8004 from ::/0"), nil,
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
		[]claim.Request{with(asks(0, "a", "tcp 8000 from 10.0.0.0/8"), expired), with(asks(1, "b", "tcp 8000 from 10.0.0.0/8"), ended)},
		[]string{"closed", "a asked tcp 8000 from 10.0.0.0/8: expired", "b asked tcp 8000 from 10.0.0.0/8: ended"}},
	{"nobody asks any more", "tcp 8000 from anybody", made(ours, "tcp 8000 from 10.0.0.0/8"), nil,
		[]string{"open", "tcp 8000 from 10.0.0.0/8 by sgkeeper: nobody asks for it: it goes with the next look at the group"}},
	{"queued", "tcp 8000 from anybody", nil, []claim.Request{asks(0, "a", "tcp 8000 from 10.0.0.0/8")},
		[]string{"closed", "a asked tcp 8000 from 10.0.0.0/8: queued: it is not served yet: the next function that comes to the group serves it, the sweeper's at the latest"}},
	{"other ports are not told of", "tcp 8000 from anybody", nil, []claim.Request{asks(0, "a", "tcp 9000 from 10.0.0.0/8")}, []string{"closed"}},
}

func TestAbout(t *testing.T) {
	for _, s := range situations {
		g := Group{Entries: s.entries, Requests: s.requests, Owner: ours, Quota: plan.Quota{Limit: 60}, Now: noon}
		if diff := cmp.Diff(s.want, outline(g.About(ask(s.question)))); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", s.name, s.question, diff)
		}
	}
}

// Why a claim waits, from the nearest cause.
func TestQueued(t *testing.T) {
	rule := secgroup.MustParseRule("tcp 8000 from 10.0.0.0/8")
	thrice := []claim.Made{{ID: "sgr-1", Rule: rule, At: noon}, {ID: "sgr-2", Rule: rule, At: noon}, {ID: "sgr-3", Rule: rule, At: noon}}
	held := lease.Head{Owner: lease.Owner{Nonce: "x"}, Expires: lease.Instant(noon.Add(time.Minute).UnixMilli())}
	for _, row := range []struct {
		name string
		g    Group
		want string
	}{
		{"frozen", Group{Ledger: claim.Ledger{Frozen: "incident 12"}}, "the group is frozen: incident 12"},
		{"no group", Group{Ledger: claim.Ledger{Missing: noon}}, "EC2 has known no such group since 2026-11-23T12:00:00Z"},
		{"contested", Group{Ledger: claim.Ledger{Made: thrice}}, "contested: it was made three times within the hour, and somebody else removed it each time"},
		{"held", Group{Head: held}, "a function holds the group's lease until 2026-11-23T12:01:00Z and is bound to serve it"},
		{"full", Group{Entries: stands("tcp 1 from 10.0.0.0/8", "tcp 3 from 10.0.0.0/8"), Quota: plan.Quota{Limit: 2}}, "it does not fit: /rules: "},
	} {
		row.g.Requests, row.g.Now = []claim.Request{asks(0, "a", rule.String())}, noon
		if row.g.Quota.Limit == 0 {
			row.g.Quota.Limit = 60
		}
		a := row.g.About(ask("tcp 8000 from anybody"))
		if len(a.Claims) != 1 || a.Claims[0].State != Queued || !strings.HasPrefix(a.Claims[0].Note, row.want) {
			t.Errorf("%s: %v, want %q", row.name, outline(a), row.want)
		}
	}
}

// A rule stands since the first asked for it, until the last expires.
func TestSinceAndUntil(t *testing.T) {
	g := Group{Entries: made(ours, "tcp 8000 from ::/0"), Owner: ours, Quota: plan.Quota{Limit: 60}}
	g.Requests = []claim.Request{with(asks(5, "b", "tcp 8000 from ::/0"), untilTwo), with(asks(1, "a", "tcp 8000 from ::/0"), untilTwo)}
	r := g.About(ask("tcp 8000 from anybody")).Rules[0]
	if !r.Since.Equal(noon.Add(time.Minute)) || !r.Until.Equal(noon.Add(2*time.Hour)) {
		t.Errorf("since %v until %v", r.Since, r.Until)
	}
	g.Requests = append(g.Requests, asks(6, "c", "tcp 8000 from ::/0"))
	if r := g.About(ask("tcp 8000 from anybody")).Rules[0]; !r.Until.IsZero() {
		t.Errorf("until %v, though one launch asks without expiry", r.Until)
	}
}

// What is held by quota stands, and says so.
func TestHeldByQuota(t *testing.T) {
	g := Group{Entries: made(ours, "tcp 8000-8004 from 10.0.0.0/8"), Owner: ours, Quota: plan.Quota{Limit: 1}}
	g.Requests = []claim.Request{asks(0, "a", "tcp 8001 from 10.0.0.0/8")}
	a := g.About(ask("tcp 8001 from anybody"))
	if len(a.Rules) != 1 || !strings.HasPrefix(a.Rules[0].Note, "held by quota") || a.Claims[0].State != Covered {
		t.Errorf("%v, want the wide rule held by quota", outline(a))
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

// TestRefused tells refused events apart by what they ask for.
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
	g := Group{Refusals: []claim.Refusal{
		refused(3, "tcp 22 from 0.0.0.0/0"), refused(1, "tcp 80 from 10.0.0.0/8", "tcp 20-24 from 10.0.0.0/8"),
		refused(2, "tcp 80 from 10.0.0.0/8"), refused(0), end, long,
	}}
	about := Question{Protocol: secgroup.TCP, Ports: secgroup.Ports{First: 22, Last: 22}}
	names := func(refusals []claim.Refusal) (text string) {
		for _, r := range refusals {
			text += r.Event
		}
		return text
	}
	if a := g.About(about); names(a.Refused) != "13" || names(a.Unclear) != "05" || a.Verdict != Closed {
		t.Errorf("%s: refused %s, unclear %s; want 13 and 05", a.Verdict, names(a.Refused), names(a.Unclear))
	}
	about.Peer = secgroup.MustParseRule("tcp 1 from 192.0.2.1/32").Peer
	if a := g.About(about); names(a.Refused) != "3" {
		t.Errorf("about one address: refused %s, want 3", names(a.Refused))
	}
}
