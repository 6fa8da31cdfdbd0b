package claim

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

func TestFoldIsTheUnionOfOpenRequests(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		requests := drawRequests.Draw(t, "requests")
		want := make(map[secgroup.Rule]bool)
		for _, r := range requests {
			for _, e := range r.Rules {
				if r.Status == Open {
					want[e.Rule] = true
				}
			}
		}
		desired := Fold(requests)
		for rule := range desired.Rules.All() {
			if !want[rule] {
				t.Errorf("%s is desired, and no open request contains it", rule)
			}
			if desired.First(rule) == "" {
				t.Errorf("%s is desired, and has no first request", rule)
			}
			delete(want, rule)
		}
		if len(want) > 0 {
			t.Errorf("%v are in open requests and not desired", want)
		}
	})
}

func TestFoldDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		requests := drawRequests.Draw(t, "requests")
		// The table holds each request once, so this keeps the first of each key.
		requests = slices.CompactFunc(InOrder(requests), func(a, b Request) bool { return a.Key() == b.Key() })
		a, b := Fold(requests), Fold(rapid.Permutation(requests).Draw(t, "permuted"))
		if !a.Rules.Equal(b.Rules) {
			t.Errorf("desired is %v, in another order %v", a.Rules, b.Rules)
		}
		for rule := range a.Rules.All() {
			if a.First(rule) != b.First(rule) {
				t.Errorf("the first request for %s is %q, in another order %q", rule, a.First(rule), b.First(rule))
			}
		}
	})
}

func TestFoldRemembersTheFirstRequest(t *testing.T) {
	ended := ask(0, "ended", "tcp 1 from ::/0")
	ended.Status = Ended
	early, late := ask(1, "early", "tcp 1 from ::/0"), ask(2, "late", "tcp 1 from ::/0", "tcp 3 from ::/0")
	desired := Fold([]Request{late, early, ended})
	if got, want := desired.First(secgroup.MustParseRule("tcp 1 from ::/0")), early.Key(); got != want {
		t.Errorf("First = %q, want %q", got, want)
	}
	if got, want := desired.First(secgroup.MustParseRule("tcp 3 from ::/0")), late.Key(); got != want {
		t.Errorf("First = %q, want %q", got, want)
	}
	if got := desired.First(secgroup.MustParseRule("tcp 5 from ::/0")); got != "" {
		t.Errorf("First of a rule without a request = %q, want none", got)
	}
}

func TestDescription(t *testing.T) {
	rule := secgroup.MustParseRule("tcp 443 from ::/0")
	for _, test := range []struct {
		name, launch, description string
		want                      string
	}{
		{"undescribed", "llama4-7f3a", "", "sgkeeper llama4-7f3a"},
		{"described", "llama4-7f3a", "vLLM", "sgkeeper llama4-7f3a: vLLM"},
		{"longest of both", strings.Repeat("l", 128), strings.Repeat("d", 255),
			("sgkeeper " + strings.Repeat("l", 128) + ": " + strings.Repeat("d", 255))[:255]},
		{"just fits", "l", strings.Repeat("d", 255-len("sgkeeper l: ")),
			"sgkeeper l: " + strings.Repeat("d", 255-len("sgkeeper l: "))},
	} {
		r := Request{Launch: Launch{Name: test.launch}, Group: group,
			Rules: []secgroup.Entry{{Rule: rule, Description: test.description}}}.Live()
		got := Fold([]Request{r}).Description(rule)
		if got != test.want {
			t.Errorf("%s: Description = %q, want %q", test.name, got, test.want)
		}
		if len(got) > 255 {
			t.Errorf("%s: %d characters, want at most 255", test.name, len(got))
		}
	}
	if got := Fold(nil).Description(rule); got != "" {
		t.Errorf("Description of a rule without a request = %q, want none", got)
	}
}
