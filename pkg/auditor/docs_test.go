package auditor_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/auditor"
)

var update = flag.Bool("update", false, "rewrite the table of settings in the documentation")

const (
	document = "../../docs/configuration.md"
	begin    = "<!-- audit settings: written by go test ./pkg/auditor -update -->\n"
	end      = "<!-- end of audit settings -->\n"
)

// TestSettingsAreDocumented holds the table in the documentation to the code.
func TestSettingsAreDocumented(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s lacks %q or %q", document, begin, end)
	}
	want := before + begin + settingsTable() + end + after
	if *update {
		if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(text) != want {
		t.Errorf("%s is not what the code says; run go test ./pkg/auditor -update. Want the table\n%s", document, settingsTable())
	}
}

func settingsTable() string {
	var b strings.Builder
	b.WriteString("\n| Variable | Default | Meaning |\n|---|---|---|\n")
	for _, s := range auditor.Settings() {
		value := ""
		if s.Default != "" {
			value = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Name, value, s.Help)
	}
	b.WriteString("\n")
	return b.String()
}
