package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCDKWritesItsKeys runs commands of the CDK CLI that write keys of their own. Then it
// synthesizes a release, which builds no programs. A misspelled key of ours is refused with the
// nearest one.
func TestCDKWritesItsKeys(t *testing.T) {
	cli := installed(t, "cdk", "node_modules", ".bin", "cdk")
	module, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	folder, home := t.TempDir(), t.TempDir()
	write := func(folder, name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(folder, "cdk.json",
		`{"app": "go run -C `+module+
			` ./infra", "context": {"release": "on", "@aws-cdk/core:enablePartitionLiterals": true}}`)
	write(home, ".cdk.json", `{"context": {"team": "platform", "cost-center": 4711}}`)
	run := func(args ...string) (string, error) {
		cmd := exec.Command(cli, args...)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), goEnvironment(t)...)
		cmd.Env = append(cmd.Env, "HOME="+home, "CDK_DISABLE_CLI_TELEMETRY=true")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for _, args := range [][]string{{"acknowledge", "34892"}, {"cli-telemetry", "--disable"}} {
		if out, err := run(args...); err != nil {
			t.Fatalf("cdk %v: %v\n%s", args, err, out)
		}
	}
	written, err := os.ReadFile(filepath.Join(folder, "cdk.context.json"))
	if err != nil || !strings.Contains(string(written), "acknowledged-issue-numbers") ||
		!strings.Contains(string(written), "cli-telemetry") {
		t.Fatalf("the CLI has written %s, %v; want its two keys", written, err)
	}
	out, err := run("synth", "-q", "--output", filepath.Join(t.TempDir(), "cdk.out"))
	if err != nil {
		t.Errorf("cdk synth with the keys that CDK wrote: %v\n%s", err, out)
	}
	if !strings.Contains(out, "does not read these keys of the context: cost-center, team") {
		t.Errorf("cdk synth does not name the keys that are not read:\n%s", out)
	}
	out, err = run("synth", "-q", "--output", filepath.Join(t.TempDir(), "cdk.out"), "-c", "schedual=rate(6 hours)")
	if err == nil || !strings.Contains(out, "schedual: there is no such key; the nearest is schedule") {
		t.Errorf("cdk synth -c schedual=...: %v, want it refused\n%s", err, out)
	}
}

// goEnvironment returns the folders of the Go command, which another home would move.
func goEnvironment(t *testing.T) (variables []string) {
	t.Helper()
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		variables = append(variables, name+"="+strings.TrimSpace(string(value)))
	}
	return variables
}
