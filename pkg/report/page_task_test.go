package report

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// TestTaskFacts: the page's first screen answers where a drift is, since when, and whose it is. Of
// several drifts it says that on which they agree.
func TestTaskFacts(t *testing.T) {
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	in := func(id string) claim.Group {
		return claim.Group{Account: "111122223333", Region: "us-east-1", ID: id}
	}
	requests := make([]drift.Request, 5)
	for i, name := range []string{"a", "b", "a", "c", "d"} {
		requests[i].Launch.Name = name
	}
	one := &drift.Drift{
		Group: in("sg-0123456789abcdef0"), Since: noon, Requests: requests,
		Rule:    secgroup.Entry{Description: "vLLM \u202e"},
		Changed: drift.Change{Name: "AuthorizeSecurityGroupIngress", Actor: "user/eve"},
	}
	other := &drift.Drift{Group: in("sg-0aaaaaaaaaaaaaaa0"), Since: noon.Add(-time.Hour)}
	sibling := &drift.Drift{Group: one.Group, Since: noon.Add(time.Hour), Rule: secgroup.Entry{Description: "other"}}
	for _, row := range []struct {
		drifts []*drift.Drift
		want   []string
	}{
		{[]*drift.Drift{one}, []string{
			"sg-0123456789abcdef0 in 111122223333 us-east-1", "since 2026-11-24 12:00", "launch a, b, c and 1 more",
			"changed by user/eve with AuthorizeSecurityGroupIngress", `described as vLLM \u202e`,
		}},
		{[]*drift.Drift{one, one}, []string{
			"sg-0123456789abcdef0 in 111122223333 us-east-1", "since 2026-11-24 12:00", "launch a, b, c and 1 more",
			"changed by user/eve with AuthorizeSecurityGroupIngress", `described as vLLM \u202e`,
		}},
		{[]*drift.Drift{one, sibling}, []string{
			"sg-0123456789abcdef0 in 111122223333 us-east-1", "since 2026-11-24 12:00",
		}},
		{[]*drift.Drift{one, other}, []string{"since 2026-11-24 11:00"}},
		{[]*drift.Drift{{Group: in(""), Since: noon}}, []string{"since 2026-11-24 12:00"}},
	} {
		if diff := cmp.Diff(row.want, taskFacts(row.drifts)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
