package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// extension keeps a launch from expiring while its command runs. It publishes the same rules
// with a later expiry when a third of the time to the expiry has passed. If that fails, it tries
// again each twelfth.
type extension struct {
	launch string
	length time.Duration // from each extension to the expiry
	until  time.Time     // the last expiry that sgkeeper is known to have

	// send publishes the request with another expiry. It fails unless sgkeeper serves it.
	send func(ctx context.Context, until time.Time) error
	warn func(text string)

	failures int // in a row
	passed   bool
}

// keep extends the launch until ctx ends.
func (e *extension) keep(ctx context.Context) {
	every := time.NewTicker(e.length / 12)
	defer every.Stop()
	for {
		// The wall clock counts: a monotonic one may stop while the machine sleeps.
		if now := time.Now().Round(0); e.until.Sub(now) <= e.length*2/3 {
			e.extend(ctx, now)
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
	}
}

// extend tries once. It warns from the second failure in a row, and again when the expiry has
// passed.
func (e *extension) extend(ctx context.Context, now time.Time) {
	bounded, cancel := context.WithTimeout(ctx, e.length/6)
	defer cancel()
	until := expiryAfter(now, e.length)
	err := e.send(bounded, until)
	switch {
	case ctx.Err() != nil:
	case err == nil:
		if e.failures > 1 {
			e.warn(fmt.Sprintf("%s is extended again, until %s", e.launch, clock(until)))
		}
		e.until, e.failures, e.passed = until, 0, false
	default:
		e.failures++
		if e.failures == 2 {
			e.warn(fmt.Sprintf("%s is not extended: its ports close soon after %s: %v", e.launch, clock(e.until),
				awsError(err)))
		}
		if closed := e.until.Add(claim.ExpiryGrace); !e.passed && !closed.After(now) {
			e.passed = true
			e.warn(fmt.Sprintf("%s expired at %s, and its ports close; the command goes on, without them: %v",
				e.launch, clock(e.until), awsError(err)))
		}
	}
}

// expiryAfter returns the time of an expiry in whole seconds.
func expiryAfter(now time.Time, length time.Duration) time.Time {
	return now.Add(length).UTC().Truncate(time.Second)
}

// extend extends the launch of an open request until stop is called. Stop returns after the
// last attempt.
func (f *runFlags) extend(cmd *cobra.Command, r events.Request) (stop func()) {
	e := &extension{
		launch: r.Launch.Name,
		length: f.length,
		until:  r.ExpiresAt,
		send: func(ctx context.Context, until time.Time) error {
			later := r
			later.ExpiresAt = until
			quiet := within(ctx, cmd)
			quiet.SetErr(io.Discard) // the terminal is the command's
			_, err := f.open(quiet, later)
			return err
		},
		warn: func(text string) { fmt.Fprintln(cmd.ErrOrStderr(), "sgkeeper run: warning:", printableLines(text)) },
	}
	ctx, cancel := context.WithCancel(cmd.Context())
	var done sync.WaitGroup
	done.Go(func() { e.keep(ctx) })
	return func() { cancel(); done.Wait() }
}
