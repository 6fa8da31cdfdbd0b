package audit_test

import (
	"encoding/json"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
)

// handedOn returns a run as the next function reads it from its JSON.
func handedOn(t *testing.T, run *audit.Run) *audit.Run {
	t.Helper()
	text, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	var next audit.Run
	if err := json.Unmarshal(text, &next); err != nil {
		t.Fatal(err)
	}
	return &next
}
