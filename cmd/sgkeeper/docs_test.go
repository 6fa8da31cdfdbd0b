package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

// cliDocs is made of the commands' own help: go test ./cmd/sgkeeper -run TestDocs -update.
const cliDocs = "../../docs/cli.md"

const cliHead = `# The command line

What every command's --help says. This page is written by a test, and the same test
fails where it is out of step.

Shell completion: ` + "`source <(sgkeeper completion bash)`" + `, or zsh, or
` + "`sgkeeper completion fish | source`" + `; ` + "`sgkeeper completion bash --help`" + ` says how
to have it always.

| exit code | meaning |
| --- | --- |
| 0 | all is well; of plan: nothing to do; of audit: no drift at or above --fail-on |
| 1 | an error, or something is refused |
| 2 | of plan and audit alone: there is something to do |
| other | of run alone: the exit code of its command, or 128 and the signal that ended it |

`

func TestDocs(t *testing.T) {
	var page strings.Builder
	page.WriteString(cliHead)
	for _, cmd := range newRoot().Commands() {
		document(&page, cmd)
	}
	if *update {
		if err := os.WriteFile(cliDocs, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(cliDocs)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(written), page.String()); diff != "" {
		t.Errorf("docs/cli.md is out of step: run go test ./cmd/sgkeeper -run TestDocs -update "+
			"(-written +commands):\n%s", diff)
	}
}

// document writes the help of a command and of its subcommands.
func document(page *strings.Builder, cmd *cobra.Command) {
	if cmd.Hidden || cmd.Name() == "help" {
		return
	}
	var help bytes.Buffer
	cmd.SetOut(&help)
	cmd.InitDefaultHelpFlag()
	must(cmd.Help())
	fmt.Fprintf(page, "## %s\n\n```text\n%s```\n\n", cmd.CommandPath(), help.String())
	for _, below := range cmd.Commands() {
		document(page, below)
	}
}

// TestHelp: the help texts of all commands follow one form.
func TestHelp(t *testing.T) {
	check := func(cmd *cobra.Command) {
		short := cmd.Short
		if short == "" || strings.HasSuffix(short, ".") || !strings.Contains("ABCDEFGHIJKLMNOPQRSTUVWXYZ", short[:1]) {
			t.Errorf("%s: Short %q: want a sentence without its full stop", cmd.CommandPath(), short)
		}
		for line := range strings.Lines(cmd.Long) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > 90 {
				t.Errorf("%s: %d columns: %s", cmd.CommandPath(), n, line)
			}
		}
		if cmd.Runnable() && len(cmd.Commands()) == 0 && cmd.Example == "" {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
	}
	for _, cmd := range newRoot().Commands() {
		check(cmd)
		for _, below := range cmd.Commands() {
			check(below)
		}
	}
}
