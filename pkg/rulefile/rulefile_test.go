package rulefile

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"web", "web", true},
		{"web", "web-1", false},
		{"*", "", true},
		{"*", "web", true},
		{"web*", "web", true},
		{"web*", "we", false},
		{"*web", "my web", true},
		{"w*b", "web", true},
		{"w*b", "wb", true},
		{"w*b", "w", false},
		{"a*a", "a", false}, // one a cannot match both
		{"a*b*a", "aba", true},
		{"a*b*a", "aab", false},
		{"a**b", "ab", true},
		{"a*", "b*", false},
		{"[a]?", "[a]?", true}, // only * is special
		{"[a]?", "ab", false},
	} {
		if got := Match(test.pattern, test.text); got != test.want {
			t.Errorf("Match(%q, %q) = %v, want %v", test.pattern, test.text, got, test.want)
		}
	}
}

// TestMatchLaws checks Match with texts that are built from the pattern.
func TestMatchLaws(t *testing.T) {
	letters := rapid.StringMatching(`[ab]{0,4}`)
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(letters, 1, 4).Draw(t, "parts")
		fillers := rapid.SliceOfN(letters, len(parts)-1, len(parts)-1).Draw(t, "fillers")
		text := parts[0]
		for i, filler := range fillers {
			text += filler + parts[i+1]
		}
		if pattern := strings.Join(parts, "*"); !Match(pattern, text) {
			t.Errorf("Match(%q, %q) = false", pattern, text)
		}
	})
}

// TestSpecialPeers checks that peers unknown to events can be used like others, and keep their
// place.
func TestSpecialPeers(t *testing.T) {
	special := func(peer string) bool { return peer == "any" || peer == "none" }
	const file = "- {ports: [80, 81], from: [10.0.0.0/8, any, none]}\n- {protocol: all, to: [self, any]}\n- {ports: 1, from: [any]}\n"
	var got []string
	err := Read("rules", []byte(file), 1000, func(root Node) {
		for _, r := range root.Rules(special) {
			got = append(got, strings.TrimSpace(r.Rule.String()+" "+r.Peer+" "+r.At.Path()))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"tcp 80-81 from 10.0.0.0/8  /0",
		"tcp 80-81 from self any /0/from/1",
		"tcp 80-81 from self none /0/from/2",
		"all to self  /1",
		"all to self any /1/to/1",
		"tcp 1 from self any /2/from/0",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("read\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
