package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/smithy-go"
)

// attempt is the result of one launch's attempt to open its ports.
type attempt struct {
	err  error // the launcher's error
	took time.Duration
}

// race starts every launch at its time and opens its ports by the given way. It calls done
// after each, and returns the result of each, and the time for all.
func race(
	ctx context.Context, launches []launch, open func(context.Context, launch) error, done func(),
) ([]attempt, time.Duration) {
	attempts := make([]attempt, len(launches))
	start := time.Now()
	var all sync.WaitGroup
	for i, l := range launches {
		all.Go(func() {
			waitUntil(ctx, start.Add(l.at))
			began := time.Now()
			err := open(ctx, l)
			attempts[i] = attempt{err, time.Since(began)}
			done()
		})
	}
	all.Wait()
	return attempts, time.Since(start)
}

// waitUntil returns at that time, or when ctx ends.
func waitUntil(ctx context.Context, at time.Time) {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// rejectedError is the error of a launch that sgkeeper refuses.
type rejectedError struct{ reasons []string }

// Error implements error.
func (e *rejectedError) Error() string { return "rejected: " + strings.Join(e.reasons, "; ") }

// duplicateCode is EC2's error code for a rule that exists.
const duplicateCode = "InvalidPermission.Duplicate"

// isDuplicate reports whether EC2's Duplicate reached a launcher.
func isDuplicate(err error) bool {
	if rejected, ok := errors.AsType[*rejectedError](err); ok {
		return strings.Contains(fmt.Sprint(rejected.reasons), duplicateCode)
	}
	failure, ok := errors.AsType[smithy.APIError](err)
	return ok && failure.ErrorCode() == duplicateCode
}
