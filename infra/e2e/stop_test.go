package e2e_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// stopAndStart stops the installation with the command line, sends launches by both queues, and
// starts it again. Stopped functions receive nothing, so that no message becomes a dead letter.
func (w *world) stopAndStart(t *testing.T) {
	program := filepath.Join(t.TempDir(), "sgkeeper")
	build := exec.Command("go", "build", "-o", program, "./cmd/sgkeeper")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	sgkeeper := func(command string) {
		t.Helper()
		cmd := exec.Command(program, command)
		cmd.Env = append(outside(), "AWS_ENDPOINT_URL="+w.url, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
			"AWS_REGION="+region)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("sgkeeper %s: %v\n%s", command, err, out)
		}
	}
	group := w.newGroup(t, "stopped")
	sgkeeper("stop")
	w.mapped(t, "Disabled", "asks", "audits", "events", "events-dead")
	w.publish(t, requested, requestOf("by-event", group, 8300))
	w.send(t, requested, requestOf("by-message", group, 8301))
	// Five receives with a visibility timeout of 3 s make a dead letter in 15 s.
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Second) {
		w.holds(t, "events", "1")
		w.holds(t, "asks", "1")
	}
	w.holds(t, "events-dead", "0")
	w.holds(t, "asks-dead", "0")
	w.wantIngress(t, group)
	sgkeeper("start")
	w.mapped(t, "Enabled", "asks", "audits", "events")
	w.observer.ensured(t, "by-event")
	w.observer.ensured(t, "by-message")
	w.wantIngress(t, group, "8300 from 10.0.0.0/8", "8301 from 10.0.0.0/8")
}

// mapped checks the queues whose mapping has a state, with the command of docs/deploy.md.
// MiniStack does not poll for a function without concurrency, as Lambda does, so that messages
// alone do not show whether a mapping is disabled.
func (w *world) mapped(t *testing.T, state string, want ...string) {
	t.Helper()
	const query = "EventSourceMappings[?contains(FunctionArn, `:function:sgkeeper-`)].[UUID, EventSourceArn, State]"
	var rows [][]string
	if err := json.Unmarshal(w.aws(t, "lambda", "list-event-source-mappings", "--query", query), &rows); err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, row := range rows {
		if row[2] == state {
			found = append(found, strings.TrimPrefix(row[1], w.queueARN("sgkeeper-")))
		}
	}
	if slices.Sort(found); !slices.Equal(found, want) {
		t.Errorf("%s are the mappings of %q, want %q: %v", state, found, want, rows)
	}
}
