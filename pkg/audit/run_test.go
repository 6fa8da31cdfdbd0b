package audit_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
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

// TestRunSize measures a stored run of groups without drift, of which half are read: its bytes, and
// the heap that it takes once it is loaded.
func TestRunSize(t *testing.T) {
	const groups = 20_000
	text := storedRun(t, groups)
	before := heap()
	var loaded audit.Run
	if err := json.Unmarshal(text, &loaded); err != nil {
		t.Fatal(err)
	}
	used := int(heap() - before)
	t.Logf("for each group: %d bytes stored, %d loaded", len(text)/groups, used/groups)
	if len(text) > 300*groups || used > 500*groups || len(loaded.Report.Groups) != groups/2 {
		t.Errorf("a run of %d groups has %d bytes, and %d once loaded; want at most 300 and 500 for each group", groups,
			len(text), used)
	}
	runtime.KeepAlive(text)
}

func storedRun(t *testing.T, groups int) []byte {
	t.Helper()
	run := &audit.Run{Scope: audit.Scope{All: true}, Report: &drift.Report{ID: "1"}}
	p := &audit.PlaceRun{Account: account, Region: region, Attached: make(map[string]int)}
	run.Places = append(run.Places, p)
	for n := range groups {
		if p.Attached[groupID(n)] = 2; n%2 == 0 {
			p.Left = append(p.Left, groupID(n))
			continue
		}
		run.Report.Groups = append(run.Report.Groups, drift.Group{Group: groupOf(n), Name: fmt.Sprint("web-", n),
			VPC:        vpc,
			Interfaces: 2, Rules: 6, Ours: 5, Limit: 60, Brief: true, At: time.Now(), Begun: time.Now()})
	}
	text, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// heap returns the bytes in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // pools keep their contents for one
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
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
