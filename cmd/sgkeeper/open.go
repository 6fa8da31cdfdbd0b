package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/events"
)

// openFlags are the flags of `sgkeeper open`.
type openFlags struct {
	publishFlags
	detail openDetail
	table  tableFlags
}

func newOpen() *cobra.Command {
	var f openFlags
	cmd := &cobra.Command{
		Use:               "open --launch NAME --group SG --ports PORTS --from PEER,...",
		Short:             "Request ports of a security group for a launch",
		Long:              openLong,
		Example:           openExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	f.detail.add(cmd)
	f.publishFlags.add(cmd, "wait until the group admits the whole request")
	f.table.add(cmd)
	for _, name := range []string{"launch", "group", "from"} {
		must(cmd.MarkFlagRequired(name))
	}
	return cmd
}

func (f *openFlags) run(cmd *cobra.Command) error {
	request, err := f.request(cmd)
	if err != nil {
		return err
	}
	opened, err := f.open(cmd, request)
	if opened.Status == "" {
		return err
	}
	if printErr := opened.print(cmd.OutOrStdout(), outputOf(cmd)); printErr != nil {
		return printErr
	}
	return err
}

// request checks the flags and returns their request. It prints what was read differently.
func (f *openFlags) request(cmd *cobra.Command) (events.Request, error) {
	if err := f.check(cmd); err != nil {
		return events.Request{}, err
	}
	var err error
	if f.detail.from, err = f.detail.me.resolve(cmd, f.detail.from); err != nil {
		return events.Request{}, err
	}
	request, err := f.detail.request(time.Now(), &source{stdin: cmd.InOrStdin()})
	if err != nil {
		return events.Request{}, err
	}
	for _, remark := range request.Remarks {
		fmt.Fprintln(cmd.ErrOrStderr(), "note:", printable(remark.Problem))
	}
	return request, nil
}

// open sends the request and waits if --wait is set. The result has no status unless the
// request is known to be sent.
func (f *openFlags) open(cmd *cobra.Command, r events.Request) (opened, error) {
	o := newOpened(r)
	c, err := f.aws.load(cmd.Context())
	if err != nil {
		return o, err
	}
	refusals, err := f.refusals(cmd.Context(), c, r.Launch.Name)
	if err != nil {
		return o, err
	}
	outcomes, err := f.send(cmd.Context(), c, r)
	if err != nil {
		return o, err
	}
	o.Status = requestedStatus
	switch {
	case allAre(outcomes, events.Ensured):
		o.Status = openStatus
	case allAre(outcomes, events.Observed):
		o.Status = observedStatus
	}
	switch {
	case !f.wait, o.Status == openStatus:
		return o, nil
	case o.Status == observedStatus:
		return o, errObserves
	}
	return f.await(cmd, c, sent{r, refusals}, o)
}

// sent is a sent request, with the watch for its refusal that began before; nil if there is
// none.
type sent struct {
	request  events.Request
	refusals *refusalWatch
}

// await waits until the group admits all of the sent request.
func (f *openFlags) await(cmd *cobra.Command, c aws.Config, s sent, o opened) (opened, error) {
	ctx, cancel := context.WithTimeout(cmd.Context(), f.timeout)
	defer cancel()
	watch, err := f.watch(ctx, c, s.request)
	if err != nil {
		return o, err
	}
	watch.refusals = s.refusals
	watch.spinner = waiting(cmd, "waiting for the rules on "+o.Group)
	if o.Missing, err = watch.wait(ctx); err == nil {
		o.Status = openStatus
	}
	return o, err
}

var errObserves = errors.New("sgkeeper runs in observe mode: the request is recorded, and nothing will be written to " +
	"the group")
