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

// cliDocs has the help of every command: go test ./cmd/sgkeeper -run TestDocs -update.
const cliDocs = "../../docs/cli.md"

const cliHead = `# The command line

This page has the --help of every command. A test writes the page, and fails if it differs
from the commands.

For shell completion, run ` + "`source <(sgkeeper completion bash)`" + ` (also for zsh), or
` + "`sgkeeper completion fish | source`" + `. ` + "`sgkeeper completion bash --help`" + ` explains how
to load it in every session.

| exit code | meaning |
| --- | --- |
| 0 | success; plan: nothing to do; audit: no drift at or above --fail-on |
| 1 | an error or a refusal |
| 2 | plan and audit only: there is something to do |
| other | run only: the exit code of its command, or 128 and the signal that ended it |

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
		t.Errorf("docs/cli.md differs from the commands: run go test ./cmd/sgkeeper -run TestDocs -update "+
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
