package handler

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// ec2Attempts limits the tries of a call to EC2 that fails for another reason than throttling.
const ec2Attempts = 10

// maxBackoff is the longest wait before a call is tried again. Then a place makes some 24 tries a
// minute, and EC2's buckets of describes refill by 20 tokens a second (EC2 API throttling guide).
const maxBackoff = 5 * time.Second

// patient makes a client wait as long as EC2 throttles, until the call's context ends. An audit can
// wait, and its describes share a throttle bucket with those of ensure. The SDK's own budget of
// retries would be used up after some hundred of them, and then calls would fail at once.
func patient(o *ec2.Options) {
	unlimited := retry.NewStandard(func(o *retry.StandardOptions) { o.RateLimiter = ratelimit.None })
	o.Retryer = patience{unlimited, o.Retryer}
}

// patience is the SDK's retryer with another number of attempts, and with the waits of the client's
// own retryer.
type patience struct {
	*retry.Standard
	own aws.Retryer
}

// MaxAttempts implements aws.Retryer: there is no limit.
func (patience) MaxAttempts() int { return 0 }

// RetryDelay implements aws.Retryer. It fails after the last attempt of a call that is not
// throttled.
func (p patience) RetryDelay(attempt int, err error) (time.Duration, error) {
	throttled := retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary
	if attempt >= ec2Attempts && !throttled {
		return 0, fmt.Errorf("exceeded %d attempts: %w", ec2Attempts, err)
	}
	delay, err := p.own.RetryDelay(attempt, err)
	return min(delay, maxBackoff), err
}
