package handler_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// findings counts the findings in Security Hub by state.
func (r *rig) findings(account *fakeaws.Account) map[string]int {
	r.Helper()
	states := make(map[string]int)
	for id, text := range account.Findings() {
		var f struct{ RecordState string }
		if err := json.Unmarshal(text, &f); err != nil {
			r.Errorf("finding %s: %v", id, err)
		}
		states[f.RecordState]++
	}
	return states
}

// TestSecurityHub imports findings in batches, retries those that failed, and archives the
// findings of mended drifts.
func TestSecurityHub(t *testing.T) {
	r := newRig(t, "SGKEEPER_SECURITY_HUB=on")
	for i := range 58 {
		r.adds(1000 + i)
	}
	for n := range 3 {
		id := r.account.AddSecurityGroup(fakeaws.SecurityGroup{Tags: map[string]string{"sgkeeper:managed": "true"}})
		for i := range 20 {
			if _, err := r.account.AddRule(id, fakeaws.Rule{Protocol: "tcp", FromPort: 2000 + i, ToPort: 2000 + i,
				Peer: fmt.Sprintf("10.%d.0.0/16", n)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	failed := make(map[string]bool)
	r.account.FailFindings(func(id string) *fakeaws.Error {
		if len(failed) < 5 && !failed[id] {
			failed[id] = true
			return &fakeaws.Error{Code: "InternalError", Message: "try again"}
		}
		return nil
	})
	first := r.all()
	if got := r.findings(r.account); got["ACTIVE"] != first.Detected || first.Detected < 118 {
		t.Errorf("%d drifts, findings %v, want all of them", first.Detected, got)
	}
	for i := range 58 {
		r.removes(1000 + i)
	}
	second := r.all()
	if got := r.findings(r.account); got["ARCHIVED"] < 58 || got["ARCHIVED"] != len(second.Closed) {
		t.Errorf("closed %d, findings %v", len(second.Closed), got)
	}
	r.account.Deny("securityhub:*")
	r.log.Reset()
	r.all()
	logged, _ := r.lines()
	failures := 0
	for _, line := range logged {
		if line["level"] == "ERROR" {
			failures++
		}
	}
	if failures != 1 {
		t.Errorf("%d errors logged where Security Hub refuses, want 1: %v", failures, logged)
	}
}
