package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/events"
)

// closeFlags are the flags of `sgkeeper close`.
type closeFlags struct {
	publishFlags
	group  groupFlags
	waiter waiterFlags
	launch string
}

func newClose() *cobra.Command {
	var f closeFlags
	cmd := &cobra.Command{
		Use:               "close --launch NAME [--group SG]",
		Short:             "End a launch, so that its ports close",
		Long:              closeLong,
		Example:           closeExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.launch, "launch", "", "`name` of the launch that has ended")
	f.group.add(cmd, "`id` of the security group, sg-..., or its name, with --vpc; "+
		"by default every group of the launch")
	f.publishFlags.add(cmd, "wait until sgkeeper has served the end")
	f.waiter.add(cmd)
	must(cmd.MarkFlagRequired("launch"))
	complete(cmd, "launch")
	return cmd
}

func (f *closeFlags) run(cmd *cobra.Command) error {
	if err := f.check(cmd); err != nil {
		return err
	}
	end, err := f.end(cmd)
	if err != nil {
		return err
	}
	closed, err := f.close(cmd, end)
	if closed.Status == "" {
		return err
	}
	if printErr := closed.print(cmd.OutOrStdout(), cmd.ErrOrStderr(), outputOf(cmd)); printErr != nil {
		return printErr
	}
	return err
}

func (f *closeFlags) check(cmd *cobra.Command) error {
	return cmp.Or(f.group.check(), f.publishFlags.check(cmd))
}

// end reads the flags as the function would read the event.
func (f *closeFlags) end(cmd *cobra.Command) (events.End, error) {
	detail := map[string]any{"detailType": events.LaunchEnded, "launch": f.launch}
	if cmd.Flags().Changed("group") || f.group.vpc != "" {
		detail["group"] = f.group.detail()
	}
	message, err := decodeDetail(detail)
	if err != nil {
		return events.End{}, err
	}
	return *message.End, nil
}

// close sends the end and waits if --wait is set. The result has no status unless the end is
// known to be sent.
func (f *closeFlags) close(cmd *cobra.Command, e events.End) (closed, error) {
	ctx, o := cmd.Context(), closed{Launch: f.launch}
	if e.Group != nil {
		o.Group = groupText(*e.Group)
	}
	c, err := f.aws.load(ctx)
	if err != nil {
		return o, err
	}
	var watch *outcomeWatch
	if f.wait {
		if watch, err = f.waiter.watch(ctx, c, f.launch, f.owned.name, f.publisher); err != nil {
			return o, err
		}
	}
	receipt, err := f.send(ctx, c, e)
	if err != nil {
		return o, err
	}
	o.Status = requestedStatus
	if allAre(receipt.Result, events.Released) {
		o.Status, o.served = closedStatus, servedBy(receipt.Result.Outcomes)
	}
	if !f.wait || o.Status == closedStatus {
		return o, nil
	}
	return f.await(cmd, watch, events.Wait{End: &e, Event: receipt.Event, Source: receipt.Source}, o)
}

// await waits until the sent end is served in every group.
func (f *closeFlags) await(cmd *cobra.Command, watch *outcomeWatch, wait events.Wait, o closed) (closed, error) {
	ctx, cancel := context.WithTimeout(cmd.Context(), f.timeout)
	defer cancel()
	outcomes, err := watch.wait(ctx, wait, waiting(cmd, "waiting for the end of "+f.launch))
	if err != nil {
		return o, fmt.Errorf("the end was published, but %w", err)
	}
	if err := unserved(outcomes); err != nil {
		return o, err
	}
	o.Status, o.served = closedStatus, servedBy(outcomes)
	return o, nil
}

// servedBy are the groups in which an end was served, with the remarks.
func servedBy(outcomes []events.Outcome) (served []servedGroup) {
	for _, o := range outcomes {
		if o.Group.ID != "" {
			served = append(served, servedGroup{o.Group.ID, orEmpty(o.Reasons)})
		}
	}
	return served
}
