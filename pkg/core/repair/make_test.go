package repair

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

const office, wide = "tcp 443 from 192.0.2.0/24", "tcp 443 from 192.0.2.0/23"

// excepts declares a rule.
func (w *world) excepts(rule string) {
	w.policy.Exceptions = append(w.policy.Exceptions, drift.Exception{ID: "x", Owner: "net", Reason: "monitoring",
		Rules: []secgroup.Rule{secgroup.MustParseRule(rule)}})
}

// TestMake gives the plan of each way, and the facts that came after the audit.
func TestMake(t *testing.T) {
	for _, test := range []struct {
		name  string
		group func(*world)
		since func(*world, *Input) // after the audit
		want  string
	}{
		{"a foreign rule", func(w *world) { w.theirs(office) }, nil,
			"revoke " + office + ": unexpected"},
		{"too wide for a request", func(w *world) { w.asks("a", claim.Open, office); w.theirs(wide) }, nil,
			"authorize " + office + ": requested by a; revoke " + wide + ": widened-source"},
		{"too wide for an exception", func(w *world) { w.excepts(office); w.theirs(wide) }, nil,
			"authorize " + office + ": an exception declares it; revoke " + wide + ": unexpected"},
		{"requested and gone", func(w *world) { w.asks("a", claim.Open, office) }, nil,
			"authorize " + office + ": requested by a"},
		{"requested and gone, and against the guardrails",
			func(w *world) { w.asks("a", claim.Open, "tcp 22 from 0.0.0.0/0") }, nil,
			"left: end the launch; left: the guardrails refuse"},
		{"the tag", func(w *world) { w.asks("a", claim.Open, office); w.ours("a", office); w.Tags = nil }, nil,
			"tag-group sgkeeper:managed=true: managed-tag-lost"},
		{"requested since", func(w *world) { w.theirs(office) },
			func(w *world, in *Input) { w.asks("a", claim.Open, office); in.Requests = w.Requests },
			"left: a live launch requests " + office},
		{"explained since", func(w *world) { w.theirs(office) },
			func(_ *world, in *Input) { in.Intended = []secgroup.Rule{ruleOf(wide)} },
			"left: requests and exceptions explain it by now"},
		{"described otherwise since", func(w *world) { w.theirs(office) },
			func(_ *world, in *Input) { in.Entries[0].Description = "agreed with the network team" },
			"left: the rule sgr-00000001 has changed since the audit"},
		{"modified since", func(w *world) { w.theirs(office) },
			func(_ *world, in *Input) { in.Entries[0].Rule = ruleOf(wide) },
			"left: the rule sgr-00000001 has changed since the audit"},
		{"revoked since", func(w *world) { w.theirs(office) }, func(_ *world, in *Input) { in.Entries = nil },
			"left: EC2 does not describe the rule sgr-00000001"},
		{"opened since", func(w *world) { w.asks("a", claim.Open, office) },
			func(w *world, in *Input) { w.ours("a", office); in.Entries = w.Entries },
			"left: it is open by now"},
		{"ended since", func(w *world) { w.asks("a", claim.Open, office) },
			func(_ *world, in *Input) { in.Requests = nil },
			"left: no live launch requests " + office},
		{"tagged since", func(w *world) { w.asks("a", claim.Open, office); w.ours("a", office); w.Tags = nil },
			func(_ *world, in *Input) { in.Tags = map[string]string{"sgkeeper:managed": "true"} },
			"left: the group has the tag"},
		{"of another installation", func(w *world) {
			w.theirs(office)
			w.Entries[0].Tags = map[string]string{plan.TagInstallation: "there"}
		}, nil, "left: another installation"},
		{"an ended launch's", func(w *world) { w.asks("a", claim.Ended, office); w.ours("a", office) }, nil,
			"revoke " + office + ": orphan"},
		{"the table has forgotten launches",
			func(w *world) { w.asks("a", claim.Ended, office); w.ours("a", office) },
			func(_ *world, in *Input) { in.HistoryLost = true }, "left: the table has forgotten launches"},
		{"the group is frozen", func(w *world) { w.asks("a", claim.Open, office); w.theirs("tcp 9 from 10.0.0.0/8") },
			func(_ *world, in *Input) { in.Frozen = "incident 12" },
			"revoke tcp 9 from 10.0.0.0/8: unexpected; left: the group is frozen (\"incident 12\")"},
		{"EC2's own egress rule", func(w *world) {
			w.asks("a", claim.Open, "tcp 443 to 10.0.0.0/8")
			w.ours("a", "tcp 443 to 10.0.0.0/8")
			w.theirs("all to 0.0.0.0/0")
		}, nil, "left: EC2 gives every group this rule"},
		{"no call mends it", func(w *world) { w.Unreadable = "AccessDenied" }, nil, "left: repair the cause"},
	} {
		w := newWorld()
		w.Tags = map[string]string{"sgkeeper:managed": "true"}
		test.group(w)
		in := w.input(w.audit()...)
		if test.since != nil {
			test.since(w, &in)
		}
		got, want := texts(Make(in)), strings.Split(test.want, "; ")
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || !strings.HasPrefix(got[i], want[i]) {
				t.Errorf("%s: %q, want %q", test.name, got, want)
				break
			}
		}
	}
}

func texts(p Plan) (texts []string) {
	for _, s := range p.Steps {
		what := s.Entry.Rule.String()
		for key, value := range s.Tags {
			if s.Op == TagGroup {
				what = key + "=" + value
			}
		}
		texts = append(texts, string(s.Op)+" "+what+": "+s.Reason)
	}
	for _, l := range p.Left {
		texts = append(texts, "left: "+l.Reason)
	}
	return texts
}

// TestMadeRulesAreSgkeepers: a rule for a launch has the description that sgkeeper writes, and may be
// adopted. A part for an exception has the description and the tags of the rule that it replaces, but
// neither AWS's tags nor sgkeeper's.
func TestMadeRulesAreSgkeepers(t *testing.T) {
	w := newWorld()
	w.asks("a", claim.Open, "tcp 80 from 192.0.2.0/24")
	w.excepts(office)
	w.theirs("tcp 80-443 from 192.0.2.0/24")
	w.Entries[0].Tags = map[string]string{"team": "web", "aws:x": "y", plan.TagSeal: "z"}
	p := Make(w.input(w.audit()...))
	if len(p.Steps) != 3 {
		t.Fatal(show(p))
	}
	if s := p.Steps[0]; !s.Adopt || s.Entry.Description != "sgkeeper a" || len(s.Entry.Tags) > 0 {
		t.Errorf("for the launch: %+v", s)
	}
	if s := p.Steps[1]; s.Adopt || s.Entry.Description != "by hand" || len(s.Entry.Tags) != 1 ||
		s.Entry.Tags["team"] != "web" {
		t.Errorf("for the exception: %+v", s)
	}
	if revoke := p.Steps[2]; !revoke.Depends(p.Steps[0]) || p.Steps[0].Depends(revoke) {
		t.Error("the revoke does not depend on the rule that replaces its part")
	}
	other := p.Steps[2]
	other.Entry.Rule = ruleOf("tcp 9000 from 192.0.2.0/24")
	if other.Depends(p.Steps[0]) {
		t.Error("a revoke depends on a rule with other traffic")
	}
}

// TestBackIsGuarded: an undo restores a rule that the guardrails refuse only by force. Two rules that
// are the world together count as one.
func TestBackIsGuarded(t *testing.T) {
	w := newWorld()
	w.theirs("tcp 22 from 53.0.0.0/8")
	f := Former{}
	for _, text := range []string{"tcp 22 from 52.0.0.0/8", "tcp 443 from 52.0.0.0/8", "all from 0.0.0.0/0"} {
		f.Revoked = append(f.Revoked, secgroup.Entry{Rule: ruleOf(text), ID: "sgr-0"})
	}
	b := Back(w.input(), f, false)
	if len(b.Steps) != 1 || b.Steps[0].Entry.Rule != f.Revoked[1].Rule || len(b.Left) != 2 ||
		b.Left[0].Reason != "the guardrails refuse it: with the group's other rules, it opens as much as the world; "+
			"--against-guardrails restores it" ||
		!strings.HasPrefix(b.Left[1].Reason, "the guardrails refuse it: all from 0.0.0.0/0") {
		t.Errorf("%s", show(b))
	}
	if b = Back(w.input(), f, true); len(b.Steps) != 3 || len(b.Left) != 0 {
		t.Errorf("by force:\n%s", show(b))
	}
}

// TestCommand: a command holds ids and a kind, and no text that a shell could act on.
func TestCommand(t *testing.T) {
	d := drift.Drift{ID: "0123456789abcdef0123456789abcdef", Kind: drift.Unexpected, Group: web}
	r := &drift.Report{Table: "sgkeeper", Started: time.Now(), Drifts: []drift.Drift{d, d}}
	const begin = "sgkeeper mend --table sgkeeper --group sg-0123456789abcdef0 "
	if got := CommandsOf(r).Mend(&d); got != begin+"--drift 0123456789ab" {
		t.Error(got)
	}
	d.Severity = drift.High
	if got := CommandsOf(r).Mend(&d, &d); got != begin+"--drift 0123456789ab --drift 0123456789ab" {
		t.Error(got)
	}
	many := make([]*drift.Drift, mostNamed+1)
	for i := range many {
		many[i] = &d
	}
	if got := CommandsOf(r).Mend(many...); got != begin+"--kind unexpected --severity high" {
		t.Error(got)
	}
	if got := CommandsOf(r).Everywhere(&d); got != "sgkeeper mend --table sgkeeper --kind unexpected --severity high" {
		t.Error(got)
	}
	member := d
	member.Group.Account = "444455556666"
	r.Drifts[1] = member
	if got := CommandsOf(r).Mend(&member); got != begin+
		"--drift 0123456789ab --account 444455556666 --region eu-west-1" {
		t.Error(got)
	}
	for name, change := range map[string]func(){
		"no table":        func() { r.Table = "" },
		"a hostile table": func() { r.Table = "$(id)" },
		"a flag":          func() { r.Table = "--yes" },
		"a hostile group": func() { member.Group.ID = "sg-1;id" },
		"a hostile place": func() { member.Group.Region = "`id`" },
		"a hostile id":    func() { member.ID = "1 --yes" },
		"no call":         func() { member.Kind = drift.Contested },
	} {
		table, was := r.Table, member
		change()
		if got := CommandsOf(r).Mend(&member); got != "" {
			t.Errorf("%s: %q", name, got)
		}
		r.Table, member = table, was
	}
}

// TestDocumentation: docs/mend.md has a plan for exactly the kinds that calls to EC2 mend.
func TestDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../../docs/mend.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "| kind | plan |")
	table, _, found := strings.Cut(rest, "| others |")
	for _, k := range drift.Kinds() {
		if !found || strings.Contains(table, "`"+string(k)+"`") != Mends(k) {
			t.Errorf("%s: Mends is %v, and docs/mend.md says otherwise", k, Mends(k))
		}
	}
}
