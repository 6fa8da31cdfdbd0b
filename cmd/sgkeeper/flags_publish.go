package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/launcher"
)

// publishedSource is the default source of the commands' events.
const publishedSource = "sgkeeper.cli"

// publishFlags are the flags of open and close, which send an event: the way to sgkeeper, and
// whether to wait.
type publishFlags struct {
	wait     bool
	timeout  time.Duration
	bus      string
	queue    string
	function string
	source   string
	owned    publisherFlag
	aws      awsFlags
}

// add adds the flags; wait names the event that --wait waits for.
func (f *publishFlags) add(cmd *cobra.Command, wait string) {
	flags := cmd.Flags()
	flags.BoolVar(&f.wait, "wait", false, wait)
	flags.DurationVar(&f.timeout, "timeout", 2*time.Minute, "maximum time of --wait")
	flags.StringVar(&f.bus, "bus", "", "`name` or ARN of sgkeeper's event bus; by default $SGKEEPER_BUS, or sgkeeper")
	flags.StringVar(&f.queue, "queue", "", "`URL` of sgkeeper's queue, to use instead of the bus")
	flags.StringVar(&f.function, "function", "",
		"`name` or ARN of the ensure function, to invoke instead of using the bus")
	flags.StringVar(&f.source, "source", publishedSource,
		"`source` of the event on the bus; guardrails may identify publishers by it")
	f.owned.add(cmd)
	cmd.MarkFlagsMutuallyExclusive("bus", "queue", "function")
	f.aws.add(cmd)
	for _, name := range []string{"timeout", "bus", "queue", "function", "source"} {
		complete(cmd, name)
	}
}

func (f *publishFlags) check(cmd *cobra.Command) error {
	if cmd.Flags().Changed("timeout") && !f.wait {
		return errors.New("--timeout bounds --wait: give --wait too, or leave --timeout out")
	}
	if cmd.Flags().Changed("source") && (f.queue != "" || f.function != "") {
		return errors.New("--source is for an event on the bus: leave out --queue and --function, or --source")
	}
	if f.timeout <= 0 {
		return fmt.Errorf("--timeout %s: want a positive duration, such as 90s", f.timeout)
	}
	return nil
}

// way returns the way of the event to sgkeeper.
func (f *publishFlags) way(c aws.Config) launcher.Way {
	switch {
	case f.queue != "":
		return launcher.Queue(sqs.NewFromConfig(c), f.queue)
	case f.function != "":
		return launcher.Function(lambda.NewFromConfig(c), f.function)
	}
	return launcher.Bus(eventbridge.NewFromConfig(c), cmp.Or(f.bus, os.Getenv("SGKEEPER_BUS"), "sgkeeper"), f.source)
}

// send sends an event to sgkeeper. It fails if the outcome of a direct invocation is rejected.
func (f *publishFlags) send(ctx context.Context, c aws.Config, event events.Out) (launcher.Receipt, error) {
	receipt, err := f.way(c).Send(ctx, event)
	if err != nil || receipt.Result == nil {
		return receipt, f.remedy(c.Region, err)
	}
	for _, o := range receipt.Result.Outcomes {
		if o.Status == events.Rejected {
			return receipt, flagFaults(o.Reasons)
		}
	}
	return receipt, nil
}

// publisher returns the account of the event: the caller's for the bus, else sgkeeper's own.
func (f *publishFlags) publisher(ctx context.Context, c aws.Config, t *tableFlags) (string, error) {
	if f.queue != "" || f.function != "" {
		return t.owner(ctx, c)
	}
	return callerAccount(ctx, c)
}

// publisherFlag names the publisher of a launch, if the guardrails name publishers.
type publisherFlag struct{ name string }

func (f *publisherFlag) add(cmd *cobra.Command) {
	cmd.Flags().Var(checked(&f.name, "publisher", checkPublisher), "publisher",
		"`name` that the guardrails give the launch's publisher, if they name publishers")
	complete(cmd, "publisher")
}

func checkPublisher(s string) error {
	if !claim.IsNamespace(s) {
		return fmt.Errorf("%q: want the name of a publisher of the guardrails: at most %d letters, digits and ._-, "+
			"a letter or digit first", s, claim.MaxNamespace)
	}
	return nil
}

func (f *publisherFlag) launch(account, name string) claim.Launch {
	return claim.Launch{Account: account, Namespace: f.name, Name: name}
}

// allAre reports whether there are outcomes and all have the status.
func allAre(result *events.Result, status events.Status) bool {
	if result == nil || len(result.Outcomes) == 0 {
		return false
	}
	return !slices.ContainsFunc(result.Outcomes, func(o events.Outcome) bool { return o.Status != status })
}

// decodeDetail decodes a detail from flags as the function decodes an event. Faults name the
// flags.
func decodeDetail(detail map[string]any) (events.Message, error) {
	data, err := json.Marshal(detail)
	if err != nil {
		return events.Message{}, err
	}
	messages, err := events.Decoder{}.DecodeFile(data)
	if err != nil {
		return events.Message{}, err
	}
	if faults := messages[0].Faults; faults != nil {
		return events.Message{}, flagFaults(faults)
	}
	return messages[0], nil
}

// remedy returns the remedy for an error that says that a queue or function does not exist.
func (f *publishFlags) remedy(region string, err error) error {
	if _, missing := errors.AsType[*lambdatypes.ResourceNotFoundException](err); missing {
		return fmt.Errorf("there is no function %s in %s: check --function, --region and --profile", f.function, region)
	}
	if _, missing := errors.AsType[*sqstypes.QueueDoesNotExist](err); missing {
		return fmt.Errorf("there is no queue %s in %s: check --queue, --region and --profile", f.queue, region)
	}
	return err
}
