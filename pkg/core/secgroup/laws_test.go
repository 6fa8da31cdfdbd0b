package secgroup

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestCoverIsByDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPuzzle.Draw(t, "puzzle")
		c := NewCover(p.have)
		for _, want := range []Rule{p.want, drawWant(t, p.have), drawWant(t, p.have)} {
			if got, should := c.Covers(want), covers(p.have.rules, want); got != should {
				t.Fatalf("Covers(%v) = %v, want %v", want, got, should)
			}
		}
	})
}

func TestByCoversAndNeedsEachRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPuzzle.Draw(t, "puzzle")
		c := NewCover(p.have)
		checkBy(t, p.have, c, p.want)
		checkBy(t, p.have, c, drawWant(t, p.have))
	})
}

func checkBy(t *rapid.T, have Set, c *Cover, want Rule) {
	by := c.By(want)
	switch {
	case (by != nil) != covers(have.rules, want):
		t.Fatalf("By(%v) = %v", want, by)
	case by == nil:
		return
	case !slices.IsSortedFunc(by, Rule.Compare):
		t.Fatalf("By(%v) = %v, not in order", want, by)
	case !covers(by, want):
		t.Fatalf("By(%v) = %v, which do not cover it", want, by)
	}
	for i, r := range by {
		if !have.Contains(r) {
			t.Fatalf("By(%v) holds %v, which is not in the set", want, r)
		}
		if rest := slices.Delete(slices.Clone(by), i, i+1); covers(rest, want) {
			t.Fatalf("By(%v) = %v, but %v suffice", want, by, rest)
		}
	}
	checkNarrowest(t, have, want, by)
}

func checkNarrowest(t *rapid.T, have Set, want Rule, by []Rule) {
	for r := range have.All() {
		switch alone := covers([]Rule{r}, want); {
		case r.Matches(want) && !(len(by) == 1 && by[0].Matches(want)):
			t.Fatalf("By(%v) = %v, though %v matches", want, by, r)
		case alone && len(by) > 1:
			t.Fatalf("By(%v) = %v, though %v alone suffices", want, by, r)
		case alone && !by[0].Matches(want) && by[0] != r && covers(by, r) && !covers([]Rule{r}, by[0]):
			t.Fatalf("By(%v) = %v, though %v is narrower", want, by, r)
		}
	}
}

func TestGapsAreTheRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPuzzle.Draw(t, "puzzle")
		for _, want := range []Rule{p.want, drawWant(t, p.have)} {
			gaps := NewCover(p.have).Gaps(want)
			if (len(gaps) == 0) != covers(p.have.rules, want) {
				t.Fatalf("Gaps(%v) = %v", want, gaps)
			}
			if all := p.have.Union(SetOf(gaps...)); !covers(all.rules, want) {
				t.Fatalf("Gaps(%v) = %v, which leave a part of it uncovered", want, gaps)
			}
			for i, g := range gaps {
				if !covers([]Rule{want}, g) || covers(p.have.rules, g) {
					t.Fatalf("Gaps(%v) = %v: %v is no gap", want, gaps, g)
				}
				if g.Protocol.HasPorts() && admitsSome(p.have.rules, g) {
					t.Fatalf("Gaps(%v) = %v: %v is partly admitted", want, gaps, g)
				}
				if slices.ContainsFunc(gaps[i+1:], func(h Rule) bool { return admitsSome([]Rule{h}, g) }) {
					t.Fatalf("Gaps(%v) = %v: %v overlaps another", want, gaps, g)
				}
			}
		}
	})
}

// admitsSome reports whether the rules admit any part of r.
func admitsSome(rules []Rule, r Rule) bool {
	for _, p := range places(rules, r) {
		if slices.ContainsFunc(rules, func(q Rule) bool { return q.Direction == r.Direction && p.admittedBy(q) }) {
			return true
		}
	}
	return false
}

func TestCoverLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawSet.Draw(t, "a"), drawSet.Draw(t, "b")
		want := drawWant(t, a)
		cover := NewCover(a)
		for r := range a.All() {
			if !cover.Covers(r) {
				t.Fatalf("%v does not cover itself", r)
			}
		}
		if cover.Covers(want) && !NewCover(a.Union(b)).Covers(want) {
			t.Fatalf("more rules cover less: %v", want)
		}
		if coversAll(NewCover(b), a) && cover.Covers(want) && !NewCover(b).Covers(want) {
			t.Fatalf("not transitive: %v", want)
		}
	})
}

// TestCoverIsTransitive draws pieces of the second set as the first set.
func TestCoverIsTransitive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPuzzle.Draw(t, "puzzle")
		q := drawPuzzle.Draw(t, "other")
		c, all := NewCover(p.have.Union(q.have)), []Rule(nil)
		for r := range SetOf(p.want, q.want).Union(drawSet.Draw(t, "more")).All() {
			if c.Covers(r) {
				all = append(all, r)
			}
		}
		want := drawWant(t, SetOf(all...))
		if NewCover(SetOf(all...)).Covers(want) && !c.Covers(want) {
			t.Fatalf("%v is covered by %v, which are covered, but is not", want, all)
		}
	})
}

func coversAll(c *Cover, rules Set) bool {
	for r := range rules.All() {
		if !c.Covers(r) {
			return false
		}
	}
	return true
}
