package functions_test

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
)

// TestBadEnvironment: a process with wrong settings ends at once and reports all of them.
func TestBadEnvironment(t *testing.T) {
	for _, row := range []struct {
		function    string
		environment []string
		want        []string
	}{
		{"ensure", []string{"AWS_REGION=us-east-1"}, []string{"SGKEEPER_TABLE: not set"}},
		{
			"ensure", []string{"AWS_REGION=us-east-1", "SGKEEPER_TABEL=t", "SGKEEPER_QUOTA=many", "SGKEEPER_MODE=dry"},
			[]string{"SGKEEPER_TABLE: not set", `SGKEEPER_QUOTA: "many"`, `SGKEEPER_MODE: "dry"`,
				`"SGKEEPER_TABEL": there is no such setting; the nearest is SGKEEPER_TABLE`},
		},
		{"ensure", []string{"SGKEEPER_TABLE=t-1"}, []string{"AWS_REGION: not set"}},
		{"ensure", []string{"SGKEEPER_TABLE=t-1", "AWS_REGION=us-east-1", "AWS_MAX_ATTEMPTS=many"},
			[]string{"AWS_MAX_ATTEMPTS"}},
		{
			"audit", []string{"AWS_REGION=us-east-1", "SGKEEPER_HEAL=yes", "SGKEEPER_MODE=observe"},
			[]string{"SGKEEPER_TABLE: not set", `SGKEEPER_HEAL: "yes"`, `"SGKEEPER_MODE": there is no such setting`},
		},
		{"audit", []string{"SGKEEPER_TABLE=t-1"}, []string{"AWS_REGION: not set"}},
	} {
		process := build(t, "./"+row.function).start(t, row.environment...)
		err := process.Wait()
		if exit, _ := errors.AsType[*exec.ExitError](err); exit == nil || exit.ExitCode() != 1 {
			t.Errorf("%s %v: ended with %v, want exit code 1", row.function, row.environment, err)
		}
		said := process.said.String()
		if !strings.HasPrefix(said, "sgkeeper-"+row.function+" cannot start: ") || process.out.Len() > 0 {
			t.Errorf("%s %v: said %q, and %q on standard output", row.function, row.environment, said,
				process.out.String())
		}
		for _, want := range row.want {
			if !strings.Contains(said, want) {
				t.Errorf("%s %v: said %q, want %q", row.function, row.environment, said, want)
			}
		}
	}
}
