package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/launcher"
)

// openFlags are the flags of `sgkeeper open`.
type openFlags struct {
	publishFlags
	detail openDetail
	waiter waiterFlags
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
	f.publishFlags.add(cmd, "wait until sgkeeper has served the request")
	f.waiter.add(cmd)
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

// request checks the flags and returns their request. It prints the values that were corrected.
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
	var watch *outcomeWatch
	if f.wait {
		if watch, err = f.waiter.watch(cmd.Context(), c, r.Launch.Name, f.owned.name, f.publisher); err != nil {
			return o, err
		}
	}
	receipt, err := f.send(cmd.Context(), c, r)
	if err != nil {
		return o, f.detail.blame(err)
	}
	o.Status = requestedStatus
	switch {
	case allAre(receipt.Result, events.Ensured):
		o.Status = openStatus
	case allAre(receipt.Result, events.Observed):
		o.Status = observedStatus
	}
	switch {
	case !f.wait, o.Status == openStatus:
		return o, nil
	case o.Status == observedStatus:
		return o, launcher.ErrObserved
	}
	return f.await(cmd, watch, events.Wait{Request: &r, Event: receipt.Event, Source: receipt.Source}, o)
}

// await waits until the sent request is served.
func (f *openFlags) await(cmd *cobra.Command, watch *outcomeWatch, wait events.Wait, o opened) (opened, error) {
	ctx, cancel := context.WithTimeout(cmd.Context(), f.timeout)
	defer cancel()
	outcomes, err := watch.wait(ctx, wait, waiting(cmd, "waiting for the rules on "+o.Group))
	for _, outcome := range outcomes {
		o.Reasons = append(o.Reasons, outcome.Reasons...)
	}
	if err != nil {
		return o, fmt.Errorf("the request was published, but %w", err)
	}
	if err := unserved(outcomes); err != nil {
		return o, f.detail.blame(err)
	}
	o.Status = openStatus
	return o, nil
}
