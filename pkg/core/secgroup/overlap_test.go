package secgroup

import (
	"testing"

	"pgregory.net/rapid"
)

func TestOverlaps(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"tcp 8000-8010 from 10.0.0.0/8", "tcp 8010-8020 from 10.1.0.0/16", true},
		{"tcp 8000-8010 from 10.0.0.0/8", "tcp 8011-8020 from 10.1.0.0/16", false},
		{"tcp 8000 from 10.0.0.0/8", "tcp 8000 from 11.0.0.0/8", false},
		{"tcp 8000 from 0.0.0.0/0", "tcp 8000 from ::/0", false},
		{"tcp 8000 from 0.0.0.0/0", "udp 8000 from 0.0.0.0/0", false},
		{"tcp 8000 from 0.0.0.0/0", "tcp 8000 to 0.0.0.0/0", false},
		{"all from 0.0.0.0/0", "udp 53 from 192.0.2.0/24", true},
		{"all from 0.0.0.0/0", "tcp 53 from sg-0aaaaaaaaaaaaaaaa", false}, // its members' addresses are unknown
		{"tcp 53 from 111122223333/sg-0aaaaaaaaaaaaaaaa", "all from sg-0aaaaaaaaaaaaaaaa", true},
		{"icmp 3 from 0.0.0.0/0", "icmp 3/4 from 0.0.0.0/0", true},
		{"icmp 3/4 from 0.0.0.0/0", "icmp 3/5 from 0.0.0.0/0", false},
		{"icmp from 0.0.0.0/0", "icmp 8 from 0.0.0.0/0", true},
		{"50 from 0.0.0.0/0", "50 from 10.0.0.0/8", true},
		{"50 from 0.0.0.0/0", "51 from 0.0.0.0/0", false},
	} {
		a, b := MustParseRule(test.a), MustParseRule(test.b)
		if a.Overlaps(b) != test.want || b.Overlaps(a) != test.want {
			t.Errorf("%q and %q overlap: %v and %v, want %v", a, b, a.Overlaps(b), b.Overlaps(a), test.want)
		}
	}
}

// TestCoverOverlaps: a rule overlaps each rule that it covers.
func TestCoverOverlaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawRule.Draw(t, "a"), drawRule.Draw(t, "b")
		if NewCover(SetOf(a)).Covers(b) && !a.Overlaps(b) {
			t.Errorf("%q covers %q and does not overlap it", a, b)
		}
	})
}
