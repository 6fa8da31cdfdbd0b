package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/console"
)

// switchFlags are the flags of `sgkeeper stop` and `sgkeeper start`.
type switchFlags struct {
	aws     awsFlags
	name    string
	timeout time.Duration
}

func newStop() *cobra.Command {
	var f switchFlags
	cmd := f.command("stop", "Have the functions of an installation take no messages", stopLong, stopExample)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return f.run(cmd, installationFunctions.stop) }
	return cmd
}

func newStart() *cobra.Command {
	var f switchFlags
	cmd := f.command("start", "Have the functions of a stopped installation take messages again", startLong,
		startExample)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return f.run(cmd, installationFunctions.start) }
	return cmd
}

// command returns a command with the flags of both.
func (f *switchFlags) command(use, short, long, example string) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long, Example: example,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().StringVar(&f.name, "name", "sgkeeper",
		"`name` of the installation, the first part of its functions' names")
	cmd.Flags().DurationVar(&f.timeout, "timeout", 3*time.Minute, "how long to wait for Lambda")
	f.aws.add(cmd)
	complete(cmd, "name")
	complete(cmd, "timeout")
	return cmd
}

func (f *switchFlags) run(
	cmd *cobra.Command, do func(installationFunctions, context.Context) (switched, error),
) error {
	if f.timeout <= 0 {
		return fmt.Errorf("--timeout %s: want a positive duration, such as 90s", f.timeout)
	}
	c, err := f.aws.load(cmd.Context())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), f.timeout)
	defer cancel()
	spinner := waiting(cmd, "waiting for Lambda")
	functions := installationFunctions{lambda.NewFromConfig(c), f.name, []string{f.name + "-ensure", f.name + "-audit"}}
	done, err := do(functions, ctx)
	spinner.done()
	if cmd.Context().Err() == nil && ctx.Err() != nil {
		return fmt.Errorf("lambda has not changed all mappings within %s: run the command again, "+
			"or give a longer --timeout",
			f.timeout)
	}
	if err != nil {
		return err
	}
	return done.print(cmd.OutOrStdout(), cmd.ErrOrStderr(), outputOf(cmd))
}

// switched is the output of `sgkeeper stop` and `sgkeeper start`.
type switched struct {
	Name      string   `json:"name"`
	Stopped   bool     `json:"stopped"`
	Functions []string `json:"functions"`
	Queues    []string `json:"queues"` // with enabled mappings after start, with disabled ones after stop
	notes     []string
}

func (s switched) print(w, notes io.Writer, f format) error {
	for _, note := range s.notes {
		fmt.Fprintln(notes, "note:", printable(note))
	}
	if f == jsonFormat {
		return console.WriteJSON(w, s)
	}
	state := "started"
	if s.Stopped {
		state = "stopped"
	}
	_, err := fmt.Fprintf(w, "%s: %s (queues %s)\n", state, strings.Join(s.Functions, ", "),
		strings.Join(s.Queues, ", "))
	return err
}
