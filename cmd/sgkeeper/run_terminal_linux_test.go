package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
)

// openTerminal returns a new terminal: the side of its keys, and the side of its programs.
func openTerminal(t *testing.T) (keys, programs *os.File) {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keys.Close() })
	number, err := unix.IoctlGetInt(int(keys.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(keys.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	programs, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { programs.Close() })
	return keys, programs
}

// TestRunAtTerminal: each Ctrl-C reaches the command once, and none of them kills it.
func TestRunAtTerminal(t *testing.T) {
	lab := newRunLab(t)
	keys, programs := openTerminal(t)
	ctx, cancel := context.WithTimeout(t.Context(), caseTimeout)
	defer cancel()
	args := []string{"run", "--group", sg, "--ports", "8000", "--from", "10.0.0.0/8", "--function",
		embedded.Function, "--", "on-signal", "again"}
	cmd := exec.CommandContext(ctx, "sgkeeper", args...) // its end hangs up the terminal, which ends on-signal
	cmd.Env = lab.env()
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = programs, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true} // its terminal is standard input
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var printed []string
	pressed := []string{"\x03", "\x03", "over\n"}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if printed = append(printed, lines.Text()); len(pressed) > 0 {
			if _, err := keys.WriteString(pressed[0]); err != nil {
				t.Fatal(err)
			}
			pressed = pressed[1:]
		}
	}
	_ = cmd.Wait()
	if got := strings.Join(printed, " "); got != "up again again bye" || cmd.ProcessState.ExitCode() != 5 {
		t.Errorf("printed %q, exit code %d, want each Ctrl-C once and 5:\n%s", got, cmd.ProcessState.ExitCode(),
			&stderr)
	}
	if left := lab.ingress(); len(left) > 0 {
		t.Errorf("these rules are left: %v", left)
	}
}
