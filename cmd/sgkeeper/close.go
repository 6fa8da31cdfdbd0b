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
	table         tableFlags
	launch, group string
}

func newClose() *cobra.Command {
	var f closeFlags
	cmd := &cobra.Command{
		Use:               "close --launch NAME [--group SG]",
		Short:             "End a launch, so that its ports close",
		Long:              closeLong,
		Example:           closeExample,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	f.add(cmd)
	return cmd
}

func (f *closeFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.launch, "launch", "", "`name` of the launch that has ended")
	flags.StringVar(&f.group, "group", "", "`id` of the security group, sg-...; by default every group of the launch")
	f.publishFlags.add(cmd, "wait until the end was served; needs --table")
	f.table.add(cmd)
	must(cmd.MarkFlagRequired("launch"))
	for _, name := range []string{"launch", "group"} {
		complete(cmd, name)
	}
}

func (f *closeFlags) run(cmd *cobra.Command) error {
	if err := f.check(cmd); err != nil {
		return err
	}
	end, err := f.end(cmd)
	if err != nil {
		return err
	}
	closed, err := f.close(cmd.Context(), end)
	if closed.Status == "" {
		return err
	}
	if printErr := closed.print(cmd.OutOrStdout(), cmd.ErrOrStderr(), outputOf(cmd)); printErr != nil {
		return printErr
	}
	return err
}

func (f *closeFlags) check(cmd *cobra.Command) error {
	if f.wait && f.table.name() == "" {
		return errors.New("--wait looks into sgkeeper's table, for nothing else shows that an end was served: give --table or set SGKEEPER_TABLE, or leave --wait out")
	}
	return f.publishFlags.check(cmd)
}

// end reads the flags as the function would read the event.
func (f *closeFlags) end(cmd *cobra.Command) (events.End, error) {
	detail := map[string]any{"detailType": events.LaunchEnded, "launch": f.launch}
	if cmd.Flags().Changed("group") {
		detail["group"] = f.group
	}
	message, err := decodeDetail(detail)
	if err != nil {
		return events.End{}, err
	}
	return *message.End, nil
}

// close publishes the end and waits, if asked to. The result is without status
// where nothing is known to be published.
func (f *closeFlags) close(ctx context.Context, e events.End) (closed, error) {
	o := closed{Launch: f.launch, Group: f.group}
	c, err := f.aws.load(ctx)
	if err != nil {
		return o, err
	}
	var watch *endWatch
	if f.wait {
		if watch, err = f.watch(ctx, c); err != nil {
			return o, f.table.explain(c, err)
		}
	}
	if err := f.publish(ctx, c, e); err != nil {
		return o, err
	}
	o.Status = requestedStatus
	if !f.wait {
		return o, nil
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	if err := watch.wait(ctx); err != nil {
		return o, err
	}
	o.Status, o.served = closedStatus, watch.served
	return o, nil
}
