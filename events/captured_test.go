package events_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/events"
)

// captured is a payload from public documentation, with the shape, keys and values of its
// source. If sgkeeper reads a launch from it, a launch replaces the body of the example.
type captured struct {
	File     string
	Source   string
	Messages []string // the kind of each message: request, end, instance, or refused: and part of the reason
	Refused  string   // part of the reason why the payload has no messages; "" if it has
}

// TestCaptured decodes payloads of AWS services. None is dropped, and none is read as a launch by
// mistake.
func TestCaptured(t *testing.T) {
	var payloads []captured
	readJSON(t, "testdata/captured/index.json", &payloads)
	files, err := filepath.Glob("testdata/captured/*.json")
	if err != nil || len(files) != len(payloads)+1 {
		t.Errorf("%d files and %d entries of index.json, %v, want an entry each but for itself", len(files),
			len(payloads), err)
	}
	failed := 0
	for _, p := range payloads {
		if !t.Run(p.File, p.check) {
			failed++
		}
	}
	fmt.Printf("captured: %d passed, %d failed\n", len(payloads)-failed, failed)
}

func (p captured) check(t *testing.T) {
	if p.Source == "" {
		t.Error("it has no source")
	}
	payload, err := os.ReadFile(filepath.Join("testdata", "captured", p.File))
	if err != nil {
		t.Fatal(err)
	}
	batch, err := events.Decoder{Account: "123456789012", Region: "us-east-1"}.Decode(payload)
	switch {
	case p.Refused != "" && (err == nil || !strings.Contains(err.Error(), p.Refused)):
		t.Errorf("refused with %v, want %q", err, p.Refused)
	case p.Refused != "":
		return
	case err != nil:
		t.Fatalf("refused as a whole: %v", err)
	}
	if len(batch.Messages) != len(p.Messages) {
		t.Fatalf("%d messages, want %d", len(batch.Messages), len(p.Messages))
	}
	for i, m := range batch.Messages {
		if got := kindOf(m); got != p.Messages[i] && (!strings.HasPrefix(p.Messages[i], "refused: ") ||
			!matchesRefusal(got, p.Messages[i])) {
			t.Errorf("message %d is %s, want %s", i, got, p.Messages[i])
		}
	}
}

func kindOf(m events.Message) string {
	switch {
	case m.Faults != nil:
		return "refused: " + m.Faults.Error()
	case m.Request != nil:
		return "request"
	case m.End != nil:
		return "end"
	case m.Instance != nil:
		return "instance"
	case m.Sweep != nil:
		return "sweep"
	}
	return "nothing"
}

func matchesRefusal(got, want string) bool {
	return strings.HasPrefix(got, "refused: ") && strings.Contains(got, strings.TrimPrefix(want, "refused: "))
}

func readJSON(t *testing.T, file string, v any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestOthersEvents decodes every sample event of aws-lambda-go, of some 40 services. None is a
// launch, and each is refused with a reason.
func TestOthersEvents(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-lambda-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "events", "testdata", "*.json"))
	if err != nil || len(files) < 80 {
		t.Fatalf("%d samples, %v, want some hundred", len(files), err)
	}
	for _, file := range files {
		payload, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		batch, err := events.Decoder{Account: "123456789012", Region: "us-east-1"}.Decode(payload)
		if err == nil && len(batch.Messages) == 0 {
			t.Errorf("%s: dropped", filepath.Base(file))
		}
		for _, m := range batch.Messages {
			if m.Faults == nil {
				t.Errorf("%s: read as %s", filepath.Base(file), kindOf(m))
			}
		}
	}
	fmt.Printf("others' events: %d refused\n", len(files))
}
