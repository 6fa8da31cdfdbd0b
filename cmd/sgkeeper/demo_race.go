package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/smithy-go"
)

// landing is how a launch's wish for ports ended.
type landing struct {
	err  error // the error that its launcher got
	took time.Duration
}

// race has every launch come at its moment and open its ports by the given way.
// It returns how each ended, and how long all took.
func race(ctx context.Context, launches []demoLaunch, open func(context.Context, demoLaunch) error, landed func()) ([]landing, time.Duration) {
	landings := make([]landing, len(launches))
	start := time.Now()
	var all sync.WaitGroup
	for i, l := range launches {
		all.Go(func() {
			waitUntil(ctx, start.Add(l.at))
			began := time.Now()
			err := open(ctx, l)
			landings[i] = landing{err, time.Since(began)}
			landed()
		})
	}
	all.Wait()
	return landings, time.Since(start)
}

// waitUntil returns at a moment, or when ctx ends.
func waitUntil(ctx context.Context, at time.Time) {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// rejectedError is what sgkeeper tells a launch that it refuses.
type rejectedError struct{ reasons []string }

// Error implements error.
func (e *rejectedError) Error() string { return "rejected: " + strings.Join(e.reasons, "; ") }

// duplicateCode is EC2's code for a rule that is there already.
const duplicateCode = "InvalidPermission.Duplicate"

// isDuplicate reports whether EC2's Duplicate reached a launcher.
func isDuplicate(err error) bool {
	if rejected, ok := errors.AsType[*rejectedError](err); ok {
		return strings.Contains(fmt.Sprint(rejected.reasons), duplicateCode)
	}
	failure, ok := errors.AsType[smithy.APIError](err)
	return ok && failure.ErrorCode() == duplicateCode
}
