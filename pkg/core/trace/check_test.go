package trace

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// table is a head that passes write to, and the lines of their steps.
type table struct {
	head  lease.Head
	now   lease.Instant
	lines []Line
	loses bool // the reply to each ring is lost
}

// run takes a pass through the protocol until it is done, or until stop returns true before an
// effect. Between the effects, during runs other passes.
func (tb *table) run(name string, stop func(lease.Op) bool, during func(lease.Op)) {
	s := lease.Start(name, tb.now+30_000)
	for n := 0; s.Op != lease.Done && !stop(s.Op); n++ {
		during(s.Op)
		tb.now += 10
		a := attemptOf(s.Op, s)
		r := lease.Reply{Now: tb.now, Claimed: lease.SomeNew, Failed: !a.allowed(tb.head)}
		r.Plan.Authorize = s.Op == lease.Describe
		r.Lost = tb.loses && s.Op == lease.Ring
		if !r.Failed && s.Tries == 0 {
			tb.head = a.apply(tb.head)
		}
		r.Head = tb.head
		after := lease.Step(s, r)
		l := NewLine("f-"+name, "g", n, s, r, after)
		if s.Op == lease.Load {
			l = l.WithHead(tb.head)
		}
		tb.lines = append(tb.lines, l)
		s = after
	}
}

func never(lease.Op) bool { return false }
func alone(lease.Op)      {}

// storm is a run of ten passes: the first holds the lease while the others ring.
func storm() *table {
	tb := &table{now: 1_000_000}
	n := 0
	tb.run("first", never, func(lease.Op) {
		if n++; n > 2 && n < 12 {
			tb.run(fmt.Sprint("other-", n), never, alone)
		}
	})
	return tb
}

// TestCheckMergesByTickets: the lines of many functions conform in any order, and if each
// function's clock is wrong by hours.
func TestCheckMergesByTickets(t *testing.T) {
	lines := storm().lines
	skew := map[string]lease.Instant{}
	for i := range lines {
		l := &lines[i]
		if _, ok := skew[l.Pass]; !ok {
			skew[l.Pass] = lease.Instant(len(skew)) * 3_600_000 * lease.Instant(1-2*(len(skew)%2))
		}
		l.At += skew[l.Pass]
		l.Deadline += skew[l.Pass]
	}
	expiry := map[string]lease.Instant{}
	for _, l := range lines {
		expiry[lease.Owner{Nonce: l.Pass}.String()] = l.Deadline + lease.Guard
	}
	for i := range lines {
		if h := lines[i].Head; h != nil && h.Owner != "" {
			h.Expires = expiry[h.Owner]
		}
		lines[i].Lags = 0
	}
	lines = slices.DeleteFunc(lines, func(l Line) bool { return l.Pass != "first" && l.At > lines[0].At+lease.Slack })
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	r := Check(append(lines, lines...), false)
	if len(r) != 1 || r[0].Broken != nil || len(r[0].Events) < len(lines) {
		t.Fatalf("%+v", r)
	}
}

// TestCheckBegins: the first two writes that show the head saw the same ticket before them. The
// earlier one is of a function whose clock is ahead.
func TestCheckBegins(t *testing.T) {
	tb := &table{now: 1_000_000, loses: true}
	tb.run("ahead", never, alone) // rings, gets no reply, and yields
	tb.loses = false
	for i := range tb.lines {
		tb.lines[i].At += 10_000
		tb.lines[i].Deadline += 10_000
	}
	for i := range 5 {
		tb.run(fmt.Sprint("next-", i), never, alone)
	}
	if r := Check(tb.lines, true)[0]; r.Broken != nil {
		t.Errorf("rejected: %s", r.Broken.Why)
	}
}

// withoutHolder returns the lines of a storm and of one more pass, without those of the holder.
func withoutHolder([]Line) []Line {
	tb := storm()
	tb.run("last", never, alone)
	return slices.DeleteFunc(tb.lines, func(l Line) bool { return l.Pass == "first" })
}

// TestCheckComplete: if the lines are those of all functions, an owner without lines can have
// done nothing.
func TestCheckComplete(t *testing.T) {
	lines := withoutHolder(nil)
	if r := Check(lines, true)[0]; r.Broken == nil || !strings.Contains(r.Broken.Why, "first.0 released it last") {
		t.Errorf("%+v, want a line that saw the release", r.Broken)
	}
}

// TestCheckReports: each row changes the lines of a storm.
func TestCheckReports(t *testing.T) {
	at := func(lines []Line, pass, step string) int {
		return slices.IndexFunc(lines, func(l Line) bool { return l.Pass == pass && l.Step == step })
	}
	for _, row := range []struct {
		name       string
		change     func(lines []Line) []Line
		broken     string // part of the explanation
		gap        string
		unfinished int
	}{
		{name: "unchanged", change: func(lines []Line) []Line { return lines }},
		{name: "the holder is killed before it logs its ring", unfinished: 1, change: func(lines []Line) []Line {
			tb := &table{now: 1_000_000}
			tb.run("dead", never, alone)
			tb.lines = tb.lines[:1] // its ring and its release happened
			tb.run("next", never, alone)
			return tb.lines
		}},
		{name: "a line is missing", gap: "1 steps of first are missing after its step 1, ring",
			change: func(lines []Line) []Line {
				i := at(lines, "first", "load")
				return slices.Delete(lines, i, i+1)
			}},
		{name: "the log begins late", gap: "the first 2 steps of first are missing", change: func(lines []Line) []Line {
			return lines[2:]
		}},
		{name: "the log ends early", unfinished: 1, change: func(lines []Line) []Line { return lines[:len(lines)-2] }},
		{name: "the holder's log is missing", gap: "steps are missing: first.0 is not in these files",
			change: withoutHolder},
		{name: "a release although another function rang", broken: "ticket 1 is the last",
			change: func(lines []Line) []Line {
				i := at(lines, "first", "release")
				l := lines[i]
				l.Failed, l.Head = false, &Head{Want: 1, Applied: 1, Last: "first.0"}
				l.After = After{Step: "done", Claimed: "some new", Ticket: 1, Seen: 1, Result: "served"}
				return append(lines[:i:i], l)
			}},
		{name: "a step too many", broken: "the protocol takes the step load here", change: func(lines []Line) []Line {
			lines[at(lines, "first", "load")].Step = "describe"
			return lines
		}},
		{name: "a wrong next step", broken: "the next step is done, and the protocol has load",
			change: func(lines []Line) []Line {
				i := at(lines, "first", "ring")
				lines[i].After.Step, lines[i].After.Result = "done", "queued"
				return lines[:i+1]
			}},
		{name: "a revoke that was not recorded", broken: "EC2 revoked sgr-1", change: func(lines []Line) []Line {
			lines[at(lines, "first", "authorize")].Revoked = NewIDs([]string{"sgr-1"})
			return lines
		}},
		{name: "a ring that saw another holder", broken: "the ring saw that", change: func(lines []Line) []Line {
			lines[at(lines, "other-5", "ring")].Head.Applied = 1
			return lines
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := Check(row.change(storm().lines), false)[0]
			switch {
			case row.broken == "" && r.Broken != nil:
				t.Errorf("rejected: %s", r.Broken.Why)
			case row.broken != "" && (r.Broken == nil || !strings.Contains(r.Broken.Why, row.broken)):
				t.Errorf("%+v, want %q", r.Broken, row.broken)
			case row.gap != "" && !strings.Contains(strings.Join(r.Gaps, "\n"), row.gap),
				row.gap == "" && len(r.Gaps) > 0:
				t.Errorf("gaps %q, want %q", r.Gaps, row.gap)
			case len(r.Unfinished) != row.unfinished && row.broken == "":
				t.Errorf("unfinished %q, want %d", r.Unfinished, row.unfinished)
			}
		})
	}
}

// TestRead: the lines of Lambda and of CloudWatch are found, and other lines are skipped.
func TestRead(t *testing.T) {
	text := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	line := text(map[string]any{"timestamp": "2026-12-01T00:00:00Z", "message": "step", "trace": storm().lines[0]})
	later := strings.Replace(line, `"v":1`, `"v":2`, 1)
	unknown := strings.Replace(line, `"step":"claim"`, `"step":"dance"`, 1)
	log := strings.Join([]string{
		"START RequestId: 1 Version: $LATEST",
		line,
		"2026-12-01T00:00:00 " + line,
		text(map[string]any{"timestamp": 1, "message": line}),
		text(map[string]any{"@timestamp": 1, "@message": line}),
		`{"message":"outcome","launch":"{a}"}`,
		`{"message":{"text":1}}`, `{`, "",
		later, unknown,
	}, "\n")
	var found Log
	if err := found.Read("log", strings.NewReader(log)); err != nil {
		t.Fatal(err)
	}
	if len(found.Lines) != 4 || found.Skipped != 5 {
		t.Errorf("%d lines and %d skipped, want 4 and 5", len(found.Lines), found.Skipped)
	}
	want := []string{"log:10: a step of version 2; this sgkeeper reads version 1", `log:11: unknown step "dance"`}
	if !slices.Equal(found.Faults, want) {
		t.Errorf("faults %q, want %q", found.Faults, want)
	}
}
