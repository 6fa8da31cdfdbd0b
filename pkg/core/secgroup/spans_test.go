package secgroup

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawSpans draws spans on a line of 40 numbers.
var drawSpans = rapid.Custom(func(t *rapid.T) spans {
	var c spans
	for at := int32(0); at < 40; {
		first := at + rapid.Int32Range(0, 6).Draw(t, "gap")
		last := first + rapid.Int32Range(0, 6).Draw(t, "width")
		c, at = append(c, span{first, last}), last+2
	}
	return c
})

func TestSpans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, d := drawSpans.Draw(t, "c"), drawSpans.Draw(t, "d")
		union, meet := c.union(d, nil), c.meet(d, nil)
		for at := range int32(60) {
			if union.holds(at) != (c.holds(at) || d.holds(at)) {
				t.Fatalf("union of %v and %v = %v", c, d, union)
			}
			if meet.holds(at) != (c.holds(at) && d.holds(at)) {
				t.Fatalf("meet of %v and %v = %v", c, d, meet)
			}
			if c.holds(at) != (c.reach(at) >= at) || c.next(at) <= at {
				t.Fatalf("%v: from %d, reach is %d and next is %d", c, at, c.reach(at), c.next(at))
			}
		}
		for _, e := range []spans{union, meet} {
			for i := range e[:max(0, len(e)-1)] {
				if e[i].first > e[i].last || e[i].last+1 >= e[i+1].first {
					t.Fatalf("%v and %v make %v, with spans that overlap or adjoin", c, d, e)
				}
			}
		}
	})
}

func (c spans) holds(at int32) bool {
	return slices.ContainsFunc(c, func(s span) bool { return s.first <= at && at <= s.last })
}
