package secgroup

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// entries returns entries of the form "rule: description", separated by commas.
func entries(s string) []Entry {
	var all []Entry
	for text := range strings.SplitSeq(s, ", ") {
		r, description, _ := strings.Cut(text, ": ")
		all = append(all, Entry{Rule: rule(r), Description: description})
	}
	return all
}

func TestMerge(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"tcp 80 from self: a, tcp 81 from self: b", "tcp 80-81 from self: a"}, // adjoining
		{"tcp 81 from self: a, tcp 80 from self: b", "tcp 80-81 from self: b"}, // the description of the lowest port
		{"tcp 80 from self: a, tcp 80 from self: b", "tcp 80 from self: a"},    // repeats: the first one given
		{"tcp 80-90 from self: b, tcp 80 from self: a", "tcp 80-90 from self: b"},
		{"tcp 80 from self, tcp 80-90 from self: b", "tcp 80-90 from self"}, // even if the first has none
		{"tcp 80-90 from self: a, tcp 85-99 from self: b, tcp 95 from self: c", "tcp 80-99 from self: a"},
		// one within another, one beyond both
		{"tcp 80-90 from self: a, tcp 82 from self: b, tcp 91 from self: c", "tcp 80-91 from self: a"},
		{"tcp 80 from self: a, tcp 82 from self: b", "tcp 80 from self: a, tcp 82 from self: b"}, // apart
		{"tcp 80 from self, udp 81 from self", "tcp 80 from self, udp 81 from self"},
		{"tcp 80 from self, tcp 81 to self", "tcp 80 from self, tcp 81 to self"},
		// addresses are not merged
		{"tcp 80 from 10.0.0.0/9, tcp 80 from 10.128.0.0/9", "tcp 80 from 10.0.0.0/9, tcp 80 from 10.128.0.0/9"},
		{"tcp 80 from 10.0.0.0/8, tcp 81 from 10.0.0.0/9", "tcp 80 from 10.0.0.0/8, tcp 81 from 10.0.0.0/9"},
		// types are not a range
		{"icmp 3 from self, icmp 4 from self, icmp 3 from self", "icmp 3 from self, icmp 4 from self"},
		{"icmp 3/4 from self, icmp 3/5 from self", "icmp 3/4 from self, icmp 3/5 from self"}, // nor codes
		{"icmp 3/0 from self: a, icmp 3/4 from self: b, icmp 3/0 from self: c",
			"icmp 3/0 from self: a, icmp 3/4 from self: b"},
		{"all from self: a, all from self: b, 50 from self, 51 from self",
			"all from self: a, 50 from self, 51 from self"},
		// one group
		{"tcp 80 from sg-0aaaaaaaa: a, tcp 81 from 111122223333/sg-0aaaaaaaa: b",
			"tcp 80-81 from 111122223333/sg-0aaaaaaaa: a"},
		{"tcp 80 from 999988887777/sg-0aaaaaaaa, tcp 81 from sg-0aaaaaaaa, tcp 82 from 111122223333/sg-0aaaaaaaa",
			// of two owners, the first in order
			"tcp 80 from 999988887777/sg-0aaaaaaaa, tcp 81-82 from 111122223333/sg-0aaaaaaaa"},
		{"tcp 80 from sg-0aaaaaaaa, udp 80 from 111122223333/sg-0aaaaaaaa",
			"tcp 80 from sg-0aaaaaaaa, udp 80 from 111122223333/sg-0aaaaaaaa"},
	} {
		if diff := cmp.Diff(entries(test.want), Merge(entries(test.in)), sameRule); diff != "" {
			t.Errorf("Merge(%s) (-want +got):\n%s", test.in, diff)
		}
	}
}

var sameRule = cmp.Comparer(func(r, q Rule) bool { return r == q })

func TestMergeLeavesItsInput(t *testing.T) {
	in := []Entry{{Rule: rule("tcp 81 from self"), ID: "sgr-2", Tags: map[string]string{"a": "b"}},
		{Rule: rule("tcp 80 from self"), ID: "sgr-1"}}
	before := slices.Clone(in)
	got := Merge(in)
	if !slices.EqualFunc(in, before, Entry.Equal) {
		t.Errorf("Merge changed its input to %v", in)
	}
	if len(got) != 1 || !got[0].Equal(Entry{Rule: rule("tcp 80-81 from self")}) {
		t.Errorf("Merge = %v, want one rule without id and tags", got)
	}
	if got := Merge(nil); len(got) != 0 {
		t.Errorf("Merge(nil) = %v", got)
	}
}

func TestMergeAdmitsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawEntries(t)
		merged := Merge(in)
		before, after := NewCover(Rules(in)), NewCover(Rules(merged))
		if !coversAll(before, Rules(merged)) || !coversAll(after, Rules(in)) {
			t.Fatalf("Merge(%v) = %v", in, merged)
		}
		for i, e := range merged[:max(0, len(merged)-1)] {
			f := merged[i+1]
			if e.Rule.Compare(f.Rule) >= 0 || e.Rule.Matches(f.Rule) {
				t.Fatalf("Merge(%v) holds %v before %v", in, e, f)
			}
		}
		if again := Merge(merged); !slices.EqualFunc(again, merged, Entry.Equal) {
			t.Fatalf("Merge(%v) = %v", merged, again)
		}
	})
}

// TestMergeInAnyOrder leaves out descriptions, which depend on the order.
func TestMergeInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawEntries(t)
		for i := range in {
			in[i].Description = ""
		}
		other := rapid.Permutation(in).Draw(t, "other")
		if !slices.EqualFunc(Merge(in), Merge(other), Entry.Equal) {
			t.Fatalf("Merge(%v) = %v, but Merge(%v) = %v", in, Merge(in), other, Merge(other))
		}
	})
}

func drawEntries(t *rapid.T) []Entry {
	var all []Entry
	for _, r := range rapid.SliceOfN(drawRuleOf(drawNamed), 0, 12).Draw(t, "rules") {
		all = append(all, Entry{Rule: r, Description: rapid.StringN(0, 3, -1).Draw(t, "description")})
	}
	return all
}
