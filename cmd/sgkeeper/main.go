// Command sgkeeper is the command line of sgkeeper. It requests ports and ends launches, plans
// offline, audits, and shows requests, leases and the reason why a port is open. newRoot lists
// its commands.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// exitCode ends the program without a message, because the output is complete.
type exitCode int

// Exit codes, after Terraform's -detailed-exitcode.
const (
	failed    exitCode = 1 // an error, or a rejected event
	different exitCode = 2 // plan and audit only: a change is planned, or there is drift
)

// Error implements error.
func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// run runs the program and returns its exit code.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	cmd, err := root.ExecuteContextC(ctx)
	if code, ok := errors.AsType[exitCode](err); ok {
		return int(code)
	}
	if err != nil {
		printError(cmd, err)
		return int(failed)
	}
	return 0
}

// printError prints an error of a command to standard error.
func printError(cmd *cobra.Command, err error) {
	message := strings.TrimRight(awsError(err).Error(), "\n")
	message = strings.ReplaceAll(message, "\n\t", "\n  ") // cobra indents by tabs
	fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", cmd.CommandPath(), printableLines(message))
}
