package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/eventbus"
)

// openSource is the source of the events that the command publishes.
const openSource = "sgkeeper.cli"

// openFlags are the flags of `sgkeeper open`.
type openFlags struct {
	ask     openDetail
	wait    bool
	timeout time.Duration
	bus     string
	aws     awsFlags
}

func newOpen() *cobra.Command {
	var f openFlags
	cmd := &cobra.Command{
		Use:               "open --launch NAME --group SG --ports PORTS --from PEER,...",
		Short:             "Ask for ports of a security group on behalf of a launch",
		Long:              openLong,
		Example:           openExample,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	f.add(cmd)
	return cmd
}

func (f *openFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.ask.add(flags)
	flags.BoolVar(&f.wait, "wait", false, "wait until the group admits all that was asked")
	flags.DurationVar(&f.timeout, "timeout", 2*time.Minute, "how long --wait waits")
	flags.StringVar(&f.bus, "bus", "", "`name` or ARN of sgkeeper's event bus; by default $SGKEEPER_BUS, or sgkeeper")
	f.aws.add(cmd)
	for _, name := range []string{"launch", "group", "from"} {
		must(cmd.MarkFlagRequired(name))
	}
	for _, name := range []string{"launch", "group", "ports", "description", "expires", "timeout", "bus"} {
		complete(cmd, name)
	}
	complete(cmd, "from", "0.0.0.0/0", "::/0", "self")
	complete(cmd, "protocol", "tcp", "udp", "icmp", "icmpv6", "all")
}

func (f *openFlags) run(cmd *cobra.Command) error {
	if cmd.Flags().Changed("timeout") && !f.wait {
		return errors.New("--timeout is how long --wait waits: give --wait too, or leave it out")
	}
	request, err := f.ask.request(time.Now())
	if err != nil {
		return err
	}
	for _, remark := range request.Remarks {
		fmt.Fprintln(cmd.ErrOrStderr(), "note:", printable(remark.Problem))
	}
	opened, err := f.open(cmd.Context(), request)
	if opened.Status == "" {
		return err
	}
	if printErr := opened.print(cmd.OutOrStdout(), outputOf(cmd)); printErr != nil {
		return printErr
	}
	return err
}

// open publishes the request and waits, if asked to. The result is without
// status where nothing is known to be published.
func (f *openFlags) open(ctx context.Context, r events.Request) (opened, error) {
	o := newOpened(r)
	c, err := f.aws.load(ctx)
	if err != nil {
		return o, err
	}
	bus := eventbus.New(eventbridge.NewFromConfig(c), cmp.Or(f.bus, os.Getenv("SGKEEPER_BUS"), "sgkeeper"))
	if err := bus.Put(ctx, openSource, r); err != nil {
		return o, err
	}
	o.Status = requestedStatus
	if !f.wait {
		return o, nil
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	if o.Missing, err = waitFor(ctx, ec2sg.New(ec2.NewFromConfig(c)), o.group, o.Rules); err == nil {
		o.Status = openStatus
	}
	return o, err
}
