package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/events"
)

// closeFlags are the flags of `sgkeeper close`.
type closeFlags struct {
	publishFlags
	group  groupFlags
	table  tableFlags
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
	f.group.add(cmd, "`id` of the security group, sg-..., or its name, with --vpc; by default every group of the launch")
	f.publishFlags.add(cmd, "wait until the end was served; needs --table, or --function")
	f.table.add(cmd)
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
	if f.wait && f.table.name() == "" && f.function == "" {
		return errors.New("--wait reads sgkeeper's table, because only the table shows that an end was served: give --table " +
			"or set SGKEEPER_TABLE, or leave --wait out")
	}
	if f.group.vpc != "" && f.group.group == "" {
		return errors.New("--vpc needs --group: the name of a group in it")
	}
	return f.publishFlags.check(cmd)
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
	var watch *endWatch
	if f.wait && f.table.name() != "" {
		if watch, err = f.watch(ctx, c, e.Group); err != nil {
			return o, f.table.remedy(c, err)
		}
	}
	outcomes, err := f.send(ctx, c, e)
	if err != nil {
		return o, err
	}
	o.Status = requestedStatus
	if allAre(outcomes, events.Released) {
		o.Status, o.served = closedStatus, servedBy(outcomes)
	}
	switch {
	case !f.wait, o.Status == closedStatus:
		return o, nil
	case watch == nil:
		return o, errors.New("the end is recorded, and another function will serve it; --wait with --table waits for that")
	}
	return f.await(cmd, watch, o)
}

// await waits until the sent end is served in every group.
func (f *closeFlags) await(cmd *cobra.Command, watch *endWatch, o closed) (closed, error) {
	ctx, cancel := context.WithTimeout(cmd.Context(), f.timeout)
	defer cancel()
	watch.spinner = waiting(cmd, "waiting for the end of "+f.launch)
	if err := watch.wait(ctx); err != nil {
		return o, err
	}
	o.Status, o.served = closedStatus, watch.served
	return o, nil
}

// servedBy are the groups in which the function's outcomes say that an end was served.
func servedBy(outcomes []events.Outcome) (served []servedGroup) {
	for _, o := range outcomes {
		if o.Group.ID != "" {
			served = append(served, servedGroup{Group: o.Group.ID})
		}
	}
	return served
}
