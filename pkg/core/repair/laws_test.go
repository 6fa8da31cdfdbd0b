package repair

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// selected draws the drifts to mend.
func selected(t *rapid.T, drifts []drift.Drift) []drift.Drift {
	if rapid.Bool().Draw(t, "all") {
		return drifts
	}
	return slices.DeleteFunc(slices.Clone(drifts), func(drift.Drift) bool {
		return rapid.Bool().Draw(t, "not this one")
	})
}

// TestMends: the planned drifts are gone after the last step, and every drift is planned or left. A
// new drift is only about a rule that existed before, or about a requested rule that was not open
// before.
func TestMends(t *testing.T) {
	proof.Checks(t, 20_000, 1000, 200)
	mended := make(map[drift.Kind]int)
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		before := w.audit()
		drifts := selected(t, before)
		p := Make(w.input(drifts...))
		made, open := w.last(), secgroup.NewCover(secgroup.Rules(w.Entries))
		for _, s := range p.Steps {
			w.perform(s)
		}
		after := w.audit()
		found := make(map[string]drift.Drift)
		for _, d := range after {
			found[d.ID] = d
		}
		for _, d := range drifts {
			planned := slices.ContainsFunc(p.Steps, func(s Step) bool { return slices.Contains(s.Drifts, d.ID) })
			left := slices.ContainsFunc(p.Left, func(l Left) bool { return l.Drift.ID == d.ID })
			still, ok := found[d.ID]
			switch {
			case !planned && !left:
				t.Fatalf("forgot %s %s\n%s", d.Kind, d.Detail, show(p))
			case ok && planned && !left:
				t.Fatalf("still there: %s %s\n%s", still.Kind, still.Detail, show(p))
			case planned && !left:
				mended[d.Kind]++
			}
		}
		for _, d := range after {
			isNew := !slices.ContainsFunc(before, func(b drift.Drift) bool { return b.ID == d.ID })
			switch {
			case isNew && d.Lacks() && d.Rule.ID == "" && open.Covers(d.Rule.Rule):
				t.Fatalf("closed: %s %s\n%s", d.Kind, d.Detail, show(p))
			case isNew && d.Rule.ID > made:
				t.Fatalf("made a rule that is a drift: %s %s\n%s", d.Kind, d.Detail, show(p))
			}
		}
	})
	for _, k := range drift.Kinds() {
		if Mends(k) {
			t.Logf("%-24s mended %d times", k, mended[k])
		}
	}
}

// last returns the id of the last rule that was made.
func (w *world) last() string { return fmt.Sprintf("sgr-%08d", w.next) }

// TestPromises: the package's other promises hold after each step.
func TestPromises(t *testing.T) {
	proof.Checks(t, 20_000, 1000, 200)
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		drifts := selected(t, w.audit())
		in := w.input(drifts...)
		p := Make(in)
		desired := claim.Fold(w.live()).Rules
		explained := secgroup.NewCover(desired.Union(secgroup.SetOf(in.Intended...)))
		first := secgroup.NewCover(secgroup.Rules(w.Entries))
		for _, s := range p.Steps {
			r := s.Entry.Rule
			switch {
			case s.Op == Authorize && !explained.Covers(r):
				t.Fatalf("opens %s, which nothing explains\n%s", r, show(p))
			case s.Op == Authorize && !first.Covers(r) && !desired.Contains(r):
				t.Fatalf("opens %s, which no launch requested\n%s", r, show(p))
			case s.Op == Authorize && !first.Covers(r) && !w.allowed(r):
				t.Fatalf("opens %s against the guardrails\n%s", r, show(p))
			case s.Op == Revoke && desired.Contains(r):
				t.Fatalf("revokes %s, which a launch requested\n%s", r, show(p))
			case s.Op == Revoke && explained.Covers(r) && s.Reason != string(drift.Redundant) &&
				!strings.Contains("orphan expired-present ledger-gone metadata modified stale-reference", s.Reason):
				t.Fatalf("revokes %s (%s), which exceptions and requests explain\n%s", r, s.Reason, show(p))
			}
			w.perform(s)
			open := secgroup.NewCover(secgroup.Rules(w.Entries))
			for want := range desired.All() {
				if first.Covers(want) && !open.Covers(want) {
					t.Fatalf("closes %s after %s %s\n%s", want, s.Op, r, show(p))
				}
			}
		}
	})
}

// live returns the live requests.
func (w *world) live() []claim.Request {
	return slices.DeleteFunc(slices.Clone(w.Requests), func(r claim.Request) bool { return !drift.IsLive(r, now) })
}

// allowed reports whether a live request for the rule passes the guardrails by itself.
func (w *world) allowed(rule secgroup.Rule) bool {
	in := w.input()
	return w.policy.Guard == nil || slices.ContainsFunc(w.live(), func(r claim.Request) bool {
		faults, _ := in.Guard.Check(in.candidate(r))
		return hasRule(r, rule) && len(faults) == 0
	})
}

// TestOrder: neither the order of the rules nor of the requests changes the plan's calls.
func TestOrder(t *testing.T) {
	proof.Checks(t, 20_000, 1000, 200)
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		in := w.input(w.audit()...)
		p := Make(in)
		slices.Reverse(in.Entries)
		if q := Make(in); !p.Equal(q) {
			t.Fatalf("%s\nand in reverse order\n%s", show(p), show(q))
		}
	})
}

// TestBack: an undo gives all former rules, descriptions and tags back, also after a part of the plan,
// and the second undo does nothing.
func TestBack(t *testing.T) {
	proof.Checks(t, 20_000, 1000, 200)
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		p := Make(w.input(selected(t, w.audit())...))
		f := p.Former(w.Tags)
		before, tags := textsOf(w), w.Tags["sgkeeper:managed"]
		for _, s := range p.Steps[:rapid.IntRange(0, len(p.Steps)).Draw(t, "performed")] {
			w.perform(s)
		}
		force := rapid.Bool().Draw(t, "force")
		b := Back(w.input(), f, force)
		for _, s := range b.Steps {
			w.perform(s)
		}
		after := textsOf(w)
		for _, text := range before {
			left := slices.ContainsFunc(b.Left, func(l Left) bool {
				return strings.Contains(text,
					l.Drift.Rule.Rule.String())
			})
			if !left && !slices.Contains(after, text) {
				t.Fatalf("lost %s\n%s\nundone by\n%s", text, show(p), show(b))
			}
		}
		if w.Tags["sgkeeper:managed"] != tags || force && len(b.Left) > 0 {
			t.Fatalf("the tag is %q, was %q; left %v", w.Tags["sgkeeper:managed"], tags, b.Left)
		}
		if again := Back(w.input(), f, force); len(again.Steps) > 0 {
			t.Fatalf("the second undo has steps\n%s", show(again))
		}
	})
}

// textsOf returns the rules of a group with descriptions and tags, without ids.
func textsOf(w *world) (texts []string) {
	for _, e := range w.Entries {
		texts = append(texts, fmt.Sprint(e.Rule, " ", e.Description, " ", e.Tags))
	}
	return texts
}

func show(p Plan) (text string) {
	for _, s := range p.Steps {
		text += fmt.Sprintf("  %s %s %s %q %v: %s\n", s.Op, s.Entry.Rule, s.Entry.ID, s.Entry.Description, s.Tags,
			s.Reason)
	}
	for _, l := range p.Left {
		text += fmt.Sprintf("  left: %s %s: %s\n", l.Drift.Kind, l.Drift.Rule.Rule, l.Reason)
	}
	return text
}
