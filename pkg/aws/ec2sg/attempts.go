package ec2sg

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go/middleware"

	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// The SDK repeats a call and returns only the last attempt's error. If the reply of an earlier
// attempt was lost, EC2 may have applied that one. For example, attempt 1 makes a rule, and
// attempt 2 is denied.

// watchAttempts makes a failed write carry [ensure.ErrUncertain] if EC2 may have applied an
// attempt before the last one.
func watchAttempts(o *ec2.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("WatchAttempts", markUncertain),
			(*retry.Attempt)(nil).ID(), middleware.Before)
	})
}

func markUncertain(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	middleware.FinalizeOutput, middleware.Metadata, error,
) {
	out, metadata, err := next.HandleFinalize(ctx, in)
	if attempts, _ := retry.GetAttemptResults(metadata); err != nil && anyLost(attempts) {
		err = fmt.Errorf("%w (after %w)", err, ensure.ErrUncertain)
	}
	return out, metadata, err
}

// anyLost reports whether EC2 may have applied an attempt before the last one.
func anyLost(attempts retry.AttemptResults) bool {
	for i, a := range attempts.Results {
		if i < len(attempts.Results)-1 && !refused(a.Err) {
			return true
		}
	}
	return false
}

// onceThrottled makes a write fail at once if EC2 throttles it. The caller waits for its turn.
func onceThrottled(o *ec2.Options) {
	if own, ok := o.Retryer.(aws.RetryerV2); ok {
		o.Retryer = unthrottled{own}
	}
}

type unthrottled struct{ aws.RetryerV2 }

// IsErrorRetryable implements aws.Retryer.
func (r unthrottled) IsErrorRetryable(err error) bool {
	return !isThrottle(err) && r.RetryerV2.IsErrorRetryable(err)
}

// refused reports whether an error is EC2's answer that it did not apply the attempt.
func refused(err error) bool { return isThrottle(err) || isClientError(err) }
