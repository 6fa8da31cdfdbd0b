package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

const waitLong = `Wait until sgkeeper has served every live request of a launch, or with --group its
requests on one group. With --end, wait until sgkeeper has served the end of the launch.
The command invokes the alias wait of sgkeeper's function, which writes nothing. The
caller needs lambda:InvokeFunction on that alias, and no permission on security groups.
With --table the command reads sgkeeper's table instead (dynamodb:GetItem and Query).

If sgkeeper refused the launch's requests, the command ends at once with the reasons.
With --event, the id that PutEvents or SendMessage returned, it also ends if that event
was refused. At the end of --timeout, it prints the known reasons why the launch is not
served.

If the guardrails name publishers, give the --source of the launch's event, or the name
of the publisher as --publisher.

Exit codes: 0 served; 1 refused, not served in time, or an error.`

const waitExample = `  sgkeeper wait --launch llama4-7f3a
  sgkeeper wait --launch llama4-7f3a --group sg-0123456789abcdef0 --timeout 30s --output json

  # Until the ports of an ended launch are closed.
  sgkeeper wait --launch llama4-7f3a --end`

// waitFlags are the flags of `sgkeeper wait`.
type waitFlags struct {
	launch, event, source string
	group                 groupFlags
	end                   bool
	timeout               time.Duration
	owned                 publisherFlag
	waiter                waiterFlags
	aws                   awsFlags
}

func newWait() *cobra.Command {
	var f waitFlags
	cmd := &cobra.Command{
		Use:               "wait --launch NAME [--group SG] [--end]",
		Short:             "Wait until a launch is served, or its end",
		Long:              waitLong,
		Example:           waitExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.launch, "launch", "", "`name` of the launch")
	f.group.add(cmd, "`id` of the security group, sg-..., or its name, with --vpc; "+
		"by default every group of the launch")
	flags.BoolVar(&f.end, "end", false, "wait for the end of the launch")
	flags.StringVar(&f.event, "event", "", "`id` of the launch's event, as PutEvents or SendMessage returned it")
	flags.DurationVar(&f.timeout, "timeout", 2*time.Minute, "maximum time of the wait")
	flags.StringVar(&f.source, "source", "", "`source` of the launch's event; guardrails may identify publishers by it")
	f.owned.add(cmd)
	f.waiter.add(cmd)
	f.aws.add(cmd)
	must(cmd.MarkFlagRequired("launch"))
	for _, name := range []string{"launch", "event", "timeout", "source"} {
		complete(cmd, name)
	}
	return cmd
}

func (f *waitFlags) run(cmd *cobra.Command) error {
	wait, err := f.wait(cmd)
	if err != nil {
		return err
	}
	outcomes, err := f.outcomes(cmd, wait)
	if len(outcomes) == 0 {
		return err
	}
	if printErr := printOutcomes(cmd.OutOrStdout(), outcomes, outputOf(cmd)); printErr != nil {
		return printErr
	}
	return err
}

// wait reads the flags as the function would read the wait. The faults are those of the flags.
func (f *waitFlags) wait(cmd *cobra.Command) (events.Wait, error) {
	if f.timeout <= 0 {
		return events.Wait{}, fmt.Errorf("--timeout %s: want a positive duration, such as 90s", f.timeout)
	}
	if f.group.vpc != "" && f.group.group == "" {
		return events.Wait{}, errors.New("--vpc needs --group: the name of a group in it")
	}
	detail := map[string]any{"detailType": events.LaunchEnded, "launch": f.launch}
	if cmd.Flags().Changed("group") || f.group.vpc != "" {
		detail["group"] = f.group.detail()
	}
	message, err := decodeDetail(detail) // an end and a request without rules have the same keys
	if err != nil {
		return events.Wait{}, err
	}
	wait := events.Wait{Event: f.event, Source: f.source}
	if f.end {
		wait.End = message.End
	} else {
		wait.Request = &events.Request{Launch: claim.Launch{Name: f.launch}, Group: message.Group}
	}
	return wait, nil
}

func (f *waitFlags) outcomes(cmd *cobra.Command, wait events.Wait) ([]events.Outcome, error) {
	c, err := f.aws.load(cmd.Context())
	if err != nil {
		return nil, err
	}
	watch, err := f.waiter.watch(cmd.Context(), c, f.launch, f.owned.name, f.publisher)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), f.timeout)
	defer cancel()
	outcomes, err := watch.wait(ctx, wait, waiting(cmd, "waiting for "+f.launch))
	if err != nil {
		return outcomes, err
	}
	return outcomes, unserved(outcomes)
}

// publisher returns the account of the launch's event: the caller's.
func (f *waitFlags) publisher(ctx context.Context, c aws.Config, _ *tableFlags) (string, error) {
	return callerAccount(ctx, c)
}

func printOutcomes(w io.Writer, outcomes []events.Outcome, f format) error {
	if f == jsonFormat {
		return console.WriteJSON(w, events.Result{Outcomes: outcomes})
	}
	for _, o := range outcomes {
		if _, err := io.WriteString(w, outcomeText(o)); err != nil {
			return err
		}
	}
	return nil
}
