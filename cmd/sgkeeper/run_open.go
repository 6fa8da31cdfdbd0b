package main

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/events"
)

// openUnless opens the ports, unless a signal arrives first. Then the error is the signal's
// exit code.
func (f *runFlags) openUnless(cmd *cobra.Command, r events.Request, signals signals) (opened, error) {
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	arrived := make(chan error, 1)
	go func() {
		select {
		case s := <-signals.caught:
			arrived <- signalled(s)
			cancel()
		case <-ctx.Done():
			arrived <- nil
		}
	}()
	o, err := f.open(within(ctx, cmd), r)
	cancel()
	return o, cmp.Or(<-arrived, err)
}

// within returns a command with that context, for the same terminal.
func within(ctx context.Context, cmd *cobra.Command) *cobra.Command {
	inner := &cobra.Command{}
	inner.SetContext(ctx)
	inner.SetErr(cmd.ErrOrStderr())
	return inner
}
