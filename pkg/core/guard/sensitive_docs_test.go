package guard_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
)

var update = flag.Bool("update", false, "rewrite the table of sensitive ports in docs/guardrails.md")

const (
	guardrailsPage = "../../../docs/guardrails.md"
	portsBegin     = "<!-- ports: written by go test ./pkg/core/guard -run TestPortsTable -update -->\n\n"
	portsEnd       = "\n<!-- end of ports -->"
)

// TestPortsTable: the table in docs/guardrails.md is the code's.
func TestPortsTable(t *testing.T) {
	page, err := os.ReadFile(guardrailsPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(page), portsBegin)
	written, after, ends := strings.Cut(rest, portsEnd)
	if !begins || !ends {
		t.Fatalf("%s lacks %q or %q", guardrailsPage, portsBegin, portsEnd)
	}
	want := portsTable()
	if written == want {
		return
	}
	if !*update {
		t.Fatalf("%s has\n%s\nwant\n%s\nrun go test ./pkg/core/guard -run TestPortsTable -update", guardrailsPage,
			written, want)
	}
	if err := os.WriteFile(guardrailsPage, []byte(before+portsBegin+want+portsEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// portsTable returns the sensitive ports as a table in Markdown.
func portsTable() string {
	var table strings.Builder
	table.WriteString("| port | service | a launch requests it from the world | open to the world " +
		"without a request | source |\n")
	table.WriteString("| --- | --- | --- | --- | --- |\n")
	for _, s := range guard.SensitivePorts() {
		requested := "allowed"
		if s.Refused {
			requested = "refused"
		}
		fmt.Fprintf(&table, "| %d | %s | %s | critical | %s |\n", s.Port, s.Service, requested, s.Source)
	}
	return table.String()
}
