package sqs

import (
	"context"
	"time"
)

// WaitEmpty returns when the queue has no message (visible, delayed or in flight) and no
// invocation of [Service.Poll] runs for it. Then every message was handled, or moved to the
// dead-letter queue, and the writes of its handlers can be read. If ctx ends first, WaitEmpty
// returns ctx's error.
func (s *Service) WaitEmpty(ctx context.Context, queueARN string) error {
	return s.await(ctx, queueARN, time.Time{}, func(q *queue, _ time.Time) bool {
		return len(q.messages) == 0 && q.invocations == 0
	})
}
