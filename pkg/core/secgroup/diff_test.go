package secgroup

import (
	"iter"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// shuffles yields rules in several orders.
func shuffles(rules []Rule) iter.Seq[[]Rule] {
	return func(yield func([]Rule) bool) {
		random := rand.New(rand.NewPCG(1, 2))
		for range 6 {
			if !yield(slices.Clone(rules)) {
				return
			}
			random.Shuffle(len(rules), func(i, j int) { rules[i], rules[j] = rules[j], rules[i] })
		}
	}
}

func TestCompare(t *testing.T) {
	for _, test := range []struct{ desired, actual, missing, undesired string }{
		{"", "", "", ""},
		// order does not matter, the default -1 rule does not stop the check, and open ports are not missing (skypilot#5331)
		{
			"tcp 8000 from 0.0.0.0/0, tcp 8002 from 0.0.0.0/0, tcp 8004 from 0.0.0.0/0",
			"all from 111122223333/sg-0123456789abcdef0, tcp 22 from 0.0.0.0/0, tcp 8000 from 0.0.0.0/0, " +
				"tcp 8002 from 0.0.0.0/0",
			"tcp 8004 from 0.0.0.0/0",
			"all from 111122223333/sg-0123456789abcdef0, tcp 22 from 0.0.0.0/0",
		},
		{ // a rule that is not wholly covered is authorized whole, with the overlap
			"tcp 8000-8004 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0",
			"tcp 8000-8004 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0",
		},
		{ // desired rules do not cover one another
			"tcp 80-90 from 10.0.0.0/8, tcp 85 from 10.0.0.0/8", "",
			"tcp 80-90 from 10.0.0.0/8, tcp 85 from 10.0.0.0/8", "",
		},
		{ // covered, and yet undesired: no desired rule is exactly this one
			"tcp 85 from 10.0.0.0/8", "tcp 80-90 from 10.0.0.0/8",
			"", "tcp 80-90 from 10.0.0.0/8",
		},
		{ // EC2 adds the owner
			"tcp 443 from sg-0aaaaaaaa", "tcp 443 from 111122223333/sg-0aaaaaaaa",
			"", "",
		},
		{ // for EC2 these are one rule
			"tcp 443 from sg-0aaaaaaaa, tcp 443 from 111122223333/sg-0aaaaaaaa", "",
			"tcp 443 from 111122223333/sg-0aaaaaaaa", "",
		},
		{ // also with a group of another owner
			"tcp 443 from sg-0aaaaaaaa, tcp 443 from 111122223333/sg-0aaaaaaaa, tcp 443 from 999988887777/sg-0aaaaaaaa", "",
			"tcp 443 from 111122223333/sg-0aaaaaaaa, tcp 443 from 999988887777/sg-0aaaaaaaa", "",
		},
		{ // another account's group of the same id
			"tcp 443 from 111122223333/sg-0aaaaaaaa", "tcp 443 from 999988887777/sg-0aaaaaaaa",
			"tcp 443 from 111122223333/sg-0aaaaaaaa", "tcp 443 from 999988887777/sg-0aaaaaaaa",
		},
		{ // both match the one without owner
			"tcp 443 from sg-0aaaaaaaa",
			"tcp 443 from 111122223333/sg-0aaaaaaaa, tcp 443 from 999988887777/sg-0aaaaaaaa",
			"", "",
		},
		{ // a rule near many others covers just one
			"tcp 1 from 10.1.0.0/16, tcp 2 from 10.2.0.0/16, tcp 3 from 10.3.0.0/16, tcp 4 from 10.4.0.0/16, " +
				"tcp 5 from 10.5.0.0/16, tcp 6 from 10.6.0.0/16",
			"all from 10.6.0.0/15",
			"tcp 1 from 10.1.0.0/16, tcp 2 from 10.2.0.0/16, tcp 3 from 10.3.0.0/16, tcp 4 from 10.4.0.0/16, " +
				"tcp 5 from 10.5.0.0/16",
			"all from 10.6.0.0/15",
		},
		{ // v4 is not v6
			"tcp 443 from 0.0.0.0/0, tcp 443 from ::/0", "tcp 443 from 0.0.0.0/0",
			"tcp 443 from ::/0", "",
		},
		{ // egress is not ingress
			"all from 0.0.0.0/0", "all to 0.0.0.0/0",
			"all from 0.0.0.0/0", "all to 0.0.0.0/0",
		},
	} {
		for actual := range shuffles(list(test.actual)) {
			d := Compare(rules(test.desired), SetOf(actual...))
			if !slices.Equal(d.Missing, rules(test.missing).rules) ||
				!slices.Equal(d.Undesired, rules(test.undesired).rules) {
				t.Errorf("Compare(%v, %v) = missing %v, undesired %v, want %v and %v", test.desired, actual, d.Missing,
					d.Undesired, test.missing, test.undesired)
			}
		}
	}
}

func TestCompareCoveredBy(t *testing.T) {
	d := Compare(
		rules("tcp 80 from 10.0.0.0/8, tcp 443 from 0.0.0.0/0, udp 53 from 10.0.0.0/8, tcp 22 from sg-0aaaaaaaa, "+
			"tcp 23 from 111122223333/sg-0aaaaaaaa"),
		rules("tcp 80 from 10.0.0.0/8, tcp 443 from 0.0.0.0/1, tcp 443 from 128.0.0.0/1, all from 10.0.0.0/7, "+
			"tcp 22 from 111122223333/sg-0aaaaaaaa, "+
			"tcp 23 from sg-0aaaaaaaa, tcp 23 from 111122223333/sg-0aaaaaaaa"),
	)
	want := []Covered{
		{rule("tcp 22 from sg-0aaaaaaaa"), list("tcp 22 from 111122223333/sg-0aaaaaaaa")},
		{rule("tcp 23 from 111122223333/sg-0aaaaaaaa"), list("tcp 23 from 111122223333/sg-0aaaaaaaa")},
		{rule("tcp 80 from 10.0.0.0/8"), list("tcp 80 from 10.0.0.0/8")},
		{rule("tcp 443 from 0.0.0.0/0"), list("tcp 443 from 0.0.0.0/1, tcp 443 from 128.0.0.0/1")},
		{rule("udp 53 from 10.0.0.0/8"), list("all from 10.0.0.0/7")},
	}
	if diff := cmp.Diff(want, d.Covered, cmp.Comparer(func(r, q Rule) bool { return r == q })); diff != "" {
		t.Errorf("Covered (-want +got):\n%s", diff)
	}
}

// drawPair draws a desired and an actual set with much in common. Some are large.
var drawPair = rapid.Custom(func(t *rapid.T) [2]Set {
	all := rapid.SliceOfN(drawPuzzle, 1, rapid.SampledFrom([]int{3, 20, 40}).Draw(t, "size")).Draw(t, "puzzles")
	desired, actual := []Rule(nil), drawSet.Draw(t, "beside").rules
	for _, p := range all {
		desired = append(desired, p.want)
		switch rapid.IntRange(0, 2).Draw(t, "present") {
		case 0:
			actual = append(actual, p.have.rules...)
		case 1:
			actual = append(actual, p.want)
		}
	}
	return [2]Set{SetOf(desired...), SetOf(actual...)}
})

func TestCompareIsByDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sets := drawPair.Draw(t, "sets")
		desired, actual := sets[0], sets[1]
		d, c := Compare(desired, actual), NewCover(actual)
		var want Diff
		for r := range desired.All() {
			if by := c.By(r); covers(actual.rules, r) {
				want.Covered = append(want.Covered, Covered{r, by})
			} else if !slices.ContainsFunc(desired.rules, func(q Rule) bool {
				return q != r && q.Matches(r) &&
					q.Peer.owner() != ""
			}) {
				want.Missing = append(want.Missing, r)
			}
		}
		for r := range actual.All() {
			if !slices.ContainsFunc(desired.rules, r.Matches) {
				want.Undesired = append(want.Undesired, r)
			}
		}
		if !slices.Equal(d.Missing, want.Missing) || !slices.Equal(d.Undesired, want.Undesired) ||
			!slices.EqualFunc(d.Covered, want.Covered, equalCovered) {
			t.Fatalf("Compare(%v, %v) = %v, want %v", desired, actual, d, want)
		}
	})
}

func equalCovered(a, b Covered) bool { return a.Rule == b.Rule && slices.Equal(a.By, b.By) }

func TestCompareLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sets := drawPair.Draw(t, "sets")
		desired, actual := sets[0], sets[1]
		d := Compare(desired, actual)
		after := actual.Minus(SetOf(d.Undesired...)).Union(SetOf(d.Missing...))
		added := actual.Union(SetOf(d.Missing...))
		for r := range desired.All() {
			if !covers(added.rules, r) {
				t.Fatalf("actual + missing does not cover %v", r)
			}
		}
		if again := Compare(desired, added); len(again.Missing) > 0 {
			t.Fatalf("missing again: %v", again.Missing)
		}
		// An undesired rule may cover a desired one. Authorize that one before revoking the undesired
		// rule.
		opened := Compare(desired, after).Missing
		if last := Compare(desired, after.Union(SetOf(opened...))); len(last.Missing)+len(last.Undesired) > 0 {
			t.Fatalf("a difference remains: %v", last)
		}
		self := Compare(actual, actual)
		if len(self.Missing)+len(self.Undesired) > 0 || len(self.Covered) != actual.Len() {
			t.Fatalf("Compare(a, a) = %v", self)
		}
	})
}
