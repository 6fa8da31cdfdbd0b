package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/eventbus"
)

// publishedSource is the source of the events that the commands publish.
const publishedSource = "sgkeeper.cli"

// publishFlags are those of the commands that publish an event, open and close:
// where to, and whether to wait for it to be served.
type publishFlags struct {
	wait    bool
	timeout time.Duration
	bus     string
	aws     awsFlags
}

// add adds the flags; wait says what --wait waits for.
func (f *publishFlags) add(cmd *cobra.Command, wait string) {
	flags := cmd.Flags()
	flags.BoolVar(&f.wait, "wait", false, wait)
	flags.DurationVar(&f.timeout, "timeout", 2*time.Minute, "how long --wait waits")
	flags.StringVar(&f.bus, "bus", "", "`name` or ARN of sgkeeper's event bus; by default $SGKEEPER_BUS, or sgkeeper")
	f.aws.add(cmd)
	for _, name := range []string{"timeout", "bus"} {
		complete(cmd, name)
	}
}

func (f *publishFlags) check(cmd *cobra.Command) error {
	if cmd.Flags().Changed("timeout") && !f.wait {
		return errors.New("--timeout is how long --wait waits: give --wait too, or leave it out")
	}
	return nil
}

// publish puts an event on the bus.
func (f *publishFlags) publish(ctx context.Context, c aws.Config, event events.Out) error {
	bus := eventbus.New(eventbridge.NewFromConfig(c), cmp.Or(f.bus, os.Getenv("SGKEEPER_BUS"), "sgkeeper"))
	return bus.Put(ctx, publishedSource, event)
}

// decodeDetail reads a detail that flags make as the function would read it
// from the event, and names the flags that are at fault.
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
