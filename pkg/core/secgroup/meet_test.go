package secgroup

import (
	"testing"

	"pgregory.net/rapid"
)

// TestMeet: two rules meet in exactly the traffic that both of them cover.
func TestMeet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawRule.Draw(t, "a"), drawRule.Draw(t, "b"), drawRule.Draw(t, "c")
		in := func(r Rule) *Cover { return NewCover(SetOf(r)) }
		both, ok := a.Meet(b)
		switch {
		case ok != a.Overlaps(b):
			t.Fatalf("%q and %q meet: %v, and overlap: %v", a, b, ok, a.Overlaps(b))
		case !ok:
			if in(a).Covers(c) && in(b).Covers(c) {
				t.Fatalf("%q and %q do not meet, and both cover %q", a, b, c)
			}
			return
		case !in(a).Covers(both), !in(b).Covers(both):
			t.Fatalf("%q and %q meet in %q, which one of them does not cover", a, b, both)
		case in(a).Covers(c) && in(b).Covers(c) && !in(both).Covers(c):
			t.Fatalf("%q and %q meet in %q, and both cover %q", a, b, both, c)
		}
		if again, _ := b.Meet(a); !again.Matches(both) {
			t.Fatalf("%q and %q meet in %q or %q", a, b, both, again)
		}
	})
}
