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

// TestStoredRun reads a run as the function stores it in S3. A function of another version may
// have stored it, so the keys stay.
func TestStoredRun(t *testing.T) {
	const stored = `{"scope":{"all":true},"report":{"id":"1","looked":3},` +
		`"passed":[{"Account":"111122223333","Region":"us-east-1","ID":"sg-1"}],"blind":true,"legs":2}`
	var run audit.Run
	if err := json.Unmarshal([]byte(stored), &run); err != nil {
		t.Fatal(err)
	}
	if !run.Scope.All || run.Report.Read != 3 || len(run.Passed) != 1 || !run.Unlisted || run.Invocations != 2 {
		t.Errorf("read %+v with report %+v", run, run.Report)
	}
}
