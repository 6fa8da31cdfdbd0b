package handler_test

import (
	"fmt"
	"testing"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestQuotaIsUsed: the configured quota and weights decide whether a request fits.
func TestQuotaIsUsed(t *testing.T) {
	const list = "pl-0123456789abcdef0"
	for _, row := range []struct {
		quota  int
		weight int
		status events.Status
	}{
		{60, 0, events.Ensured},
		{60, 59, events.Ensured}, // and one existing rule
		{60, 60, events.Rejected},
		{59, 59, events.Rejected},
		{1, 0, events.Rejected},
	} {
		r := newRig(t, func(c *handler.Config) {
			c.Quota = row.quota
			if row.weight > 0 {
				c.Weights = map[string]int{list: row.weight}
			}
		})
		r.account.AddPrefixList(fakeaws.PrefixList{ID: list, Name: "offices", MaxEntries: 1})
		if _, err := r.account.AddRule(group, ruleFrom("tcp", 1, 1, "10.0.0.0/8")); err != nil {
			t.Fatal(err)
		}
		o := r.outcome(fmt.Sprintf(`{"detailType":"Launch Requested","launch":"a","group":%q,"rules":[{"ports":80,"from":[%q]}]}`, group, list))
		if o.Status != row.status {
			t.Errorf("quota %d, weight %d: %s %v, want %s", row.quota, row.weight, o.Status, o.Reasons, row.status)
		}
	}
}

// TestInstallationIsUsed: the tag of every rule has the identity.
func TestInstallationIsUsed(t *testing.T) {
	for configured, want := range map[string]string{"": "111122223333/us-east-1/sgkeeper", "prod": "prod"} {
		r := newRig(t, func(c *handler.Config) { c.Installation = configured })
		o := r.outcome(bare("a", 8000))
		if got := o.Authorized[0].Tags["sgkeeper:installation"]; got != want {
			t.Errorf("configured %q: tagged %q, want %q", configured, got, want)
		}
	}
}

// TestBusIsUsed: the function publishes if and only if there is a bus.
func TestBusIsUsed(t *testing.T) {
	for _, bus := range []string{"", "launches"} {
		r := newRig(t, func(c *handler.Config) { c.Bus = bus })
		r.outcome(bare("a", 8000))
		r.outcome(bare("b", 0))
		want := 0
		if bus != "" {
			want = 2
		}
		if got := r.account.Calls().Op("events", "PutEvents"); got != want {
			t.Errorf("bus %q: %d events, want %d", bus, got, want)
		}
	}
}
