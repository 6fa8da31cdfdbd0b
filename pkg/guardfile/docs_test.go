package guardfile

import (
	"os"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
)

// TestTwoTeamsAreDocumented: the documentation shows the example that other tests run.
func TestTwoTeamsAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../docs/guardrails.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("examples/two-teams.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(doc), "```yaml\n"+string(example)+"```") {
		t.Error("docs/guardrails.md does not show examples/two-teams.yaml")
	}
}

// TestDocumentation: the reader and the schema accept the documentation's example.
func TestDocumentation(t *testing.T) {
	doc, err := os.ReadFile("../../docs/guardrails.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(doc), "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("docs/guardrails.md has no example")
	}
	n := read(t, example).Entries()
	if want := (guard.Entries{Allow: 3, Deny: 1, Admins: 1, Builtin: true}); n != want {
		t.Errorf("the example has %+v, want %+v", n, want)
	}
	if err := validate(t, compiled(t), []byte(example)); err != nil {
		t.Errorf("the schema says %v", err)
	}
	for _, peer := range []string{"sg-*", "pl-*", "world"} {
		if !isPattern(peer) || !strings.Contains(string(doc), "`"+peer+"`") {
			t.Errorf("the documentation, or the reader, lacks the peer %s", peer)
		}
	}
}
