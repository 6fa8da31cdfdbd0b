package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

// TestRoot runs commands that need no files and no environment, without a process of their
// own.
func TestRoot(t *testing.T) {
	for _, test := range []struct {
		args   string
		code   int
		stdout string // regular expressions, as all of these
		stderr string
	}{
		{"", 0, `(?m)^Usage:[\s\S]*^  open  [\s\S]*^  plan  `, `^$`},
		{"plan --help", 0, `Exit codes: 0 nothing to do, 1 an error or a rejected event, 2 something to do`, `^$`},
		{"plan --help", 0, `--claims file .*; needs --installation`, `^$`},
		{"open --help", 0, `events:PutEvents`, `^$`},
		{"close --help", 0, `An end is final`, `^$`},
		{"claims --help", 0, `"claims": \[`, `^$`},
		{"audit --help", 0, `2 drift\.`, `^$`},
		{"explain --help", 0, `why a port of a security group is open`, `^$`},
		{"leases --help", 0, `dynamodb:Scan`, `^$`},
		{"freeze --help", 0, `dynamodb:GetItem and UpdateItem`, `^$`},
		{"thaw --help", 0, `does nothing`, `^$`},
		{"plam", 1, `^$`, `^sgkeeper: unknown command "plam" for "sgkeeper"\n\nDid you mean this\?\n\s*\S*plan`},
		{"--nope", 1, `^$`, `^sgkeeper: unknown flag: --nope; see sgkeeper --help\n$`},
		{"--output xml", 1, `^$`, `--output "xml": want text or json; see sgkeeper --help`},

		{"--version", 0, `^sgkeeper \S+ .*go1\.`, `^$`},
		{"version", 0, `^sgkeeper \S+ .*go1\.`, `^$`},
		{"version --output json", 0, `"go": "go1\.`, `^$`},
		{"version extra", 1, `^$`, `unexpected argument "extra"`},

		{"completion bash", 0, `__start_sgkeeper`, `^$`},
		{"completion zsh", 0, `#compdef sgkeeper`, `^$`},
		{"completion fish", 0, `complete -c sgkeeper`, `^$`},
		{"__complete p", 0, `(?m)^plan\t`, ``},
		{"__complete plan --output _", 0, `^text\njson\n:4\n`, ``},        // no files
		{"__complete plan --guardrails _", 0, `^builtin\nnone\n:0\n`, ``}, // or any file
		{"__complete plan --rules _", 0, `^json\n:8\n`, ``},               // files with that ending
		{"__complete plan --event _", 0, `^json\n:8\n`, ``},
		{"__complete plan --limit _", 0, `^:4\n`, ``},
		{"__complete open --protocol _", 0, `^tcp\nudp\nicmp\nicmpv6\nall\n:4\n`, ``},
		{"__complete open --from _", 0, `(?m)^self$`, ``},
		{"__complete open --launch _", 0, `^:4\n`, ``},
		{"__complete open --from _", 0, `(?m)^me$`, ``},
		{"__complete run --icmp _", 0, `^:4\n`, ``},
		{"__complete run --name _", 0, `^:4\n`, ``},
		{"run --help", 0, `by default within 17 minutes`, `^$`},
		{"__complete open --timeout _", 0, `^:4\n`, ``},
		{"__complete close --bus _", 0, `^:4\n`, ``},
		{"__complete close --table _", 0, `^:4\n`, ``},
		{"__complete claims --group _", 0, `^:4\n`, ``},
		{"__complete audit --output _", 0, `^text\njson\nhtml\ncsv\njunit\nasff\nocsf\n:4\n`, ``},
		{"__complete audit --fail-on _", 0, `(?m)^critical\nnever\n:4$`, ``},
		{"__complete audit --rules _", 0, `^json\n:8\n`, ``},
		{"__complete audit --exceptions _", 0, `^yaml\nyml\njson\n:8\n`, ``},
		{"__complete audit --group _", 0, `^:4\n`, ``},
		{"__complete explain --protocol _", 0, `^tcp\nudp\nicmp\nicmpv6\nall\n:4\n`, ``},
		{"__complete explain --rules _", 0, `^json\n:8\n`, ``},
		{"__complete leases --group _", 0, `^:4\n`, ``},
		{"__complete freeze --reason _", 0, `^:4\n`, ``},
		{"__complete plan --claims _", 0, `^json\n:8\n`, ``},
		{"__complete plan --installation _", 0, `^:4\n`, ``},
	} {
		args := strings.Fields(test.args)
		for i := range args {
			if args[i] == "_" { // an empty word
				args[i] = ""
			}
		}
		var stdout, stderr bytes.Buffer
		if code := run(args, strings.NewReader(""), &stdout, &stderr); code != test.code {
			t.Errorf("sgkeeper %s: exit code %d, want %d", test.args, code, test.code)
		}
		if !regexp.MustCompile(test.stdout).Match(stdout.Bytes()) {
			t.Errorf("sgkeeper %s: standard output does not match %q:\n%s", test.args, test.stdout, &stdout)
		}
		if !regexp.MustCompile(test.stderr).Match(stderr.Bytes()) {
			t.Errorf("sgkeeper %s: standard error does not match %q:\n%s", test.args, test.stderr, &stderr)
		}
	}
}
