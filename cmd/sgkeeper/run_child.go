package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"syscall"

	"github.com/spf13/cobra"
)

// launchVariable tells the command the name of its launch.
const launchVariable = "SGKEEPER_LAUNCH"

// Exit codes of a shell for a command that did not start.
const (
	notExecutable exitCode = 126
	notFound      exitCode = 127
)

// child is the command that `sgkeeper run` runs.
type child struct {
	*exec.Cmd
	command *cobra.Command // to print errors
}

// newChild returns the command with this program's input, output and environment. It fails if
// there is no such command.
func newChild(cmd *cobra.Command, args []string, launch string) (*child, error) {
	c := exec.Command(args[0], args[1:]...)
	c.Stdin, c.Stdout, c.Stderr = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	c.Env = append(os.Environ(), launchVariable+"="+launch)
	return &child{c, cmd}, c.Err
}

// notStarted is the exit code for a command that cannot start.
func notStarted(err error) exitCode {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return notFound
	}
	return notExecutable
}

// run runs the command. It passes the first signal on, and kills the command at the second.
// Keys of the terminal are left to the command, which may handle each of them. The error is the
// exit code; nil is 0.
func (c *child) run(signals signals) error {
	if err := c.Start(); err != nil {
		printError(c.command, err)
		return notStarted(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for passed := false; ; {
		select {
		case err := <-ended:
			return c.exit(err)
		case s := <-signals.caught:
			switch {
			case fromTerminal(s):
			case passed:
				_ = c.Process.Kill() // it fails only if the command has ended
			default:
				passed = true
				_ = c.Process.Signal(s) // likewise
			}
		}
	}
}

// exit returns the exit code of an ended command.
func (c *child) exit(err error) error {
	if err == nil {
		return nil
	}
	if c.ProcessState == nil {
		printError(c.command, err)
		return failed
	}
	if status, ok := c.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return signalled(status.Signal())
	}
	if code := c.ProcessState.ExitCode(); code != 0 {
		return exitCode(code)
	}
	printError(c.command, err) // the command succeeded, and its output could not be copied
	return failed
}
