package claim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

func TestBoundReasons(t *testing.T) {
	numbered := func(n int, problem string) (reasons claim.Faults) {
		for i := range n {
			reasons = append(reasons, claim.Fault{Field: fmt.Sprintf("/rules/%d", i), Problem: problem})
		}
		return reasons
	}
	for _, row := range []struct {
		name    string
		reasons claim.Faults
		kept    int
		last    string
	}{
		{"none", nil, 0, ""},
		{"few", numbered(3, "no"), 3, "no"},
		{"as many as there may be", numbered(20, "no"), 20, "no"},
		{"many", numbered(417, "no"), 20, "and 398 more"},
		{"the same twice", append(numbered(3, "no"), numbered(3, "no")...), 3, "no"},
		{"long ones", numbered(10, strings.Repeat("x", 500)), 5, "and 6 more"},
		{"one that is too long", numbered(1, strings.Repeat("x", 300<<10)), 1, strings.Repeat("x", 1021) + "..."},
		{"three that are too long", numbered(3, strings.Repeat("x", 5000)), 2, "and 2 more"},
	} {
		got := claim.BoundReasons(row.reasons)
		last := ""
		if len(got) > 0 {
			last = got[len(got)-1].Problem
		}
		if len(got) != row.kept || last != row.last {
			t.Errorf("%s: %d reasons, the last %.40q; want %d and %.40q", row.name, len(got), last, row.kept, row.last)
		}
	}
}

// TestBoundedRefusal keeps every refusal within its bounds, for any event.
func TestBoundedRefusal(t *testing.T) {
	faults := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) claim.Fault {
		long := rapid.SampledFrom([]int{0, 1, 40, 1100}).Draw(t, "length")
		problem := rapid.StringN(0, 3, -1).Draw(t, "problem")
		return claim.Fault{Field: rapid.String().Draw(t, "field"), Problem: strings.Repeat(problem, long)}
	}), 1, 60)
	rapid.Check(t, func(t *rapid.T) {
		rules := make([]secgroup.Rule, rapid.IntRange(0, 30).Draw(t, "rules"))
		r := claim.Refusal{
			Event: rapid.String().Draw(t, "event"), Reasons: faults.Draw(t, "reasons"), Rules: rules,
			At: time.Unix(0, rapid.Int64Range(0, 1<<60).Draw(t, "at")),
		}
		b := r.Bounded()
		if diff := cmp.Diff(b, b.Bounded(), cmp.Comparer(func(a, b secgroup.Rule) bool { return a == b })); diff != "" {
			t.Fatalf("Bounded twice is another (-once +twice):\n%s", diff)
		}
		bytes := 0
		for _, f := range b.Reasons {
			bytes += len(f.Field) + len(f.Problem)
			if !utf8.ValidString(f.Field + f.Problem) {
				t.Fatalf("reason %q is no text", f)
			}
		}
		if len(b.Reasons) == 0 || len(b.Reasons) > claim.MaxReasons || bytes > claim.MaxReasonBytes {
			t.Fatalf("%d reasons of %d bytes", len(b.Reasons), bytes)
		}
		if len(b.Rules)+b.More != len(rules) || len(b.Rules) > 12 || len(b.Event) > 80 {
			t.Fatalf("%d rules and %d more, event %q", len(b.Rules), b.More, b.Event)
		}
	})
}
