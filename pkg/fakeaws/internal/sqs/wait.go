package sqs

import (
	"context"
	"time"
)

// WaitEmpty returns when the queue holds no message (none to be received, none
// delayed, none in flight) and no invocation of [Service.Poll] is running for
// it: everything that was sent has been handled, or moved to the dead-letter
// queue, and what its handlers wrote can be read. It returns ctx's error when
// that comes first.
func (s *Service) WaitEmpty(ctx context.Context, queueARN string) error {
	return s.await(ctx, queueARN, time.Time{}, func(q *queue, _ time.Time) bool {
		return len(q.messages) == 0 && q.invocations == 0
	})
}
