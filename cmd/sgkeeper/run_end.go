package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/launcher"
)

// Bounds of the end of a launch. Signals do not shorten them.
const (
	endWithin  = 30 * time.Second
	tryFor     = 10 * time.Second // one attempt
	firstRetry = time.Second      // each later pause is twice as long
)

// endedStatus: the end of a launch was published, and nothing waits for it.
const endedStatus sentStatus = "ended"

// end publishes the end of the launch, and returns the result of the whole run: that of the
// command, or of the step before it. If the request could not be sent, it tries once: the request
// may have arrived all the same.
func (f *runFlags) end(cmd *cobra.Command, launch string, o opened, result error) error {
	before := result
	_, complete := errors.AsType[exitCode](result)
	if result != nil && !complete {
		printError(cmd, result)
		result = failed
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), endWithin)
	defer cancel()
	send := f.publishEnd
	if complete || o.Status != "" { // after a signal, the request may have been sent
		send = f.insist
	}
	err := send(ctx, launch)
	switch {
	case err != nil && before != nil && awsError(before).Error() == awsError(err).Error():
		return result // the printed error already says why nothing can be sent
	case err != nil:
		printError(cmd, fmt.Errorf("the end of %s could not be published: %w\nend it with: "+
			"%s\nwithout an end, its ports "+
			"close within %s", launch, awsError(err), closeCommand(cmd, launch), f.length+closesAfter))
		return cmp.Or(result, error(failed))
	}
	done := closed{Launch: launch, Status: endedStatus}
	return cmp.Or(result, done.print(cmd.ErrOrStderr(), cmd.ErrOrStderr(), outputOf(cmd)))
}

// closesAfter is the longest time from an expiry until the ports close: the grace for other
// clocks, and a minute to the next sweep.
const closesAfter = claim.ExpiryGrace + time.Minute

// insist publishes the end, and tries again until ctx ends or sgkeeper refuses it.
func (f *runFlags) insist(ctx context.Context, launch string) error {
	for pause := firstRetry; ; pause *= 2 {
		err := f.publishEnd(ctx, launch)
		if _, refused := errors.AsType[*launcher.RejectedError](err); err == nil || refused {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
}

// publishEnd publishes the end of the launch in all groups. It reads the credentials again,
// because those of the start may have expired.
func (f *runFlags) publishEnd(ctx context.Context, launch string) error {
	ctx, cancel := context.WithTimeout(ctx, tryFor)
	defer cancel()
	c, err := f.aws.load(ctx)
	if err != nil {
		return err
	}
	l := launcher.Launcher{Way: f.way(c)}
	return f.remedy(c.Region, l.End(ctx, events.End{Launch: claim.Launch{Name: launch}}))
}

// closeCommand is the command that ends the launch the same way.
func closeCommand(cmd *cobra.Command, launch string) string {
	words := []string{"sgkeeper close --launch", shellWord(launch)}
	for _, name := range []string{"bus", "queue", "function", "source", "region", "profile", "endpoint-url"} {
		if flag := cmd.Flags().Lookup(name); flag.Changed {
			words = append(words, "--"+name, shellWord(flag.Value.String()))
		}
	}
	return strings.Join(words, " ")
}
