package preview

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

const (
	account = "111122223333"
	groupID = "sg-0123456789abcdef0"
	ours    = plan.Installation("111122223333/us-east-1/sgkeeper")
)

// existing makes a group's entries, with ids in their order.
func existing(rules ...string) []secgroup.Entry {
	entries := make([]secgroup.Entry, len(rules))
	for i, text := range rules {
		entries[i] = secgroup.Entry{Rule: secgroup.MustParseRule(text).In(account, groupID), ID: "sgr-" + text}
	}
	return entries
}

// made are entries that the installation made in one call.
func made(by plan.Installation, rules ...string) []secgroup.Entry {
	owner := plan.Owner{Installation: by, Group: groupID, Keys: []claim.Key{"key"}}
	return owner.Tagged(plan.Stamp{Ticket: 1, Span: "AAAAAAAA"}, existing(rules...))
}

// claimOf is the n-th received request.
func claimOf(n int, launch string, rules ...string) claim.Request {
	r := claim.Request{
		Launch:   claim.Launch{Account: account, Name: launch},
		Group:    claim.Group{Account: account, Region: "us-east-1", ID: groupID},
		Received: time.UnixMilli(int64(n)),
	}
	for _, text := range rules {
		r.Rules = append(r.Rules, secgroup.Entry{Rule: secgroup.MustParseRule(text)})
	}
	r.Rules = secgroup.Merge(r.Rules)
	return r.Live()
}

func limit(n int) plan.Quota { return plan.Quota{Limit: n} }

// texts are the rules of entries.
func texts(entries []secgroup.Entry) []string {
	var s []string
	for _, e := range entries {
		s = append(s, e.Rule.String())
	}
	return s
}

func same[T any](t *testing.T, what string, got, want []T) {
	t.Helper()
	if len(got)+len(want) > 0 && !cmp.Equal(got, want) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

// Rules of groups and launches, drawn from few, so that they often overlap.
var (
	drawRule = rapid.Custom(func(t *rapid.T) string {
		first := rapid.IntRange(1, 6).Draw(t, "first")
		way := rapid.SampledFrom([]string{
			"from 0.0.0.0/0", "from 10.0.0.0/8", "from 10.0.0.0/9", "from ::/0", "to 0.0.0.0/0", "from self",
			"from sg-aaaaaaaa", "from pl-aaaaaaaa",
		}).Draw(t, "way")
		return fmt.Sprintf("tcp %d-%d %s", first, rapid.IntRange(first, 6).Draw(t, "last"), way)
	})
	drawEntries = rapid.Custom(func(t *rapid.T) []secgroup.Entry {
		rules := rapid.SliceOfNDistinct(drawRule, 0, 8, rapid.ID).Draw(t, "rules")
		n := rapid.IntRange(0, len(rules)).Draw(t, "foreign")
		return append(existing(rules[:n]...), made(ours, rules[n:]...)...)
	})
)
