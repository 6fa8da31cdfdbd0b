package runtime_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	audithandler "github.com/sgkeeper/sgkeeper/functions/audit/handler"
	ensurehandler "github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
)

var update = flag.Bool("update", false, "rewrite the tables of settings in the documentation")

const document = "../../docs/configuration.md"

// TestSettingsAreDocumented compares the documentation's tables with the code.
func TestSettingsAreDocumented(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	want := withTable(t, string(text), "ensure", ensurehandler.Settings())
	want = withTable(t, want, "audit", audithandler.Settings())
	if *update {
		if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(text) != want {
		t.Errorf("%s differs from the code; run go test ./functions/runtime -update. Want\n%s", document, want)
	}
}

// withTable replaces the table of a function's settings in a text.
func withTable[C any](t *testing.T, text, name string, settings []runtime.Setting[C]) string {
	t.Helper()
	begin := fmt.Sprintf("<!-- settings of %s: written by go test ./functions/runtime -update -->\n", name)
	end := fmt.Sprintf("<!-- end of settings of %s -->\n", name)
	before, rest, found := strings.Cut(text, begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s lacks %q or %q", document, begin, end)
	}
	return before + begin + table(settings) + end + after
}

func table[C any](settings []runtime.Setting[C]) string {
	var b strings.Builder
	b.WriteString("\n| Variable | Default | Meaning |\n|---|---|---|\n")
	for _, s := range settings {
		value := ""
		if s.Default != "" {
			value = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Name, value, s.Help)
	}
	b.WriteString("\n")
	return b.String()
}
