package main

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/ec2sg"
)

// openFlags are the flags of `sgkeeper open`.
type openFlags struct {
	publishFlags
	ask openDetail
}

// protocolNames are the protocols that have a name.
var protocolNames = []string{"tcp", "udp", "icmp", "icmpv6", "all"}

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
	f.ask.add(cmd.Flags())
	f.publishFlags.add(cmd, "wait until the group admits all that was asked")
	for _, name := range []string{"launch", "group", "from"} {
		must(cmd.MarkFlagRequired(name))
	}
	for _, name := range []string{"launch", "group", "ports", "description", "expires"} {
		complete(cmd, name)
	}
	complete(cmd, "from", "0.0.0.0/0", "::/0", "self")
	complete(cmd, "protocol", protocolNames...)
}

func (f *openFlags) run(cmd *cobra.Command) error {
	if err := f.check(cmd); err != nil {
		return err
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
	if err := f.publish(ctx, c, r); err != nil {
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
