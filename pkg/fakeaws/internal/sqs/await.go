package sqs

import (
	"context"
	"time"
)

// await calls done under the lock, until it returns true. It calls done again after each
// change of the queue, by a call or by time. A passed deadline ends the wait without an error
// (zero: no deadline). await fails if ctx ends or the queue is deleted. Channel and timer
// belong to the call, so it works in any synctest bubble.
func (s *Service) await(ctx context.Context, arn string, deadline time.Time, done func(*queue, time.Time) bool) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		wake, until, err := s.poll(arn, deadline, done)
		if wake == nil {
			return err
		}
		err = sleep(ctx, wake, until)
		s.leave(arn, wake)
		if err != nil {
			return err
		}
	}
}

// poll calls done once. If there is reason to wait, it returns a channel that the next change
// closes, and the time for the next call of done.
func (s *Service) poll(arn string, deadline time.Time,
	done func(*queue, time.Time) bool) (wake chan struct{}, until time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.byARN(arn)
	if err != nil {
		return nil, time.Time{}, err
	}
	now := time.Now()
	q.expire(now)
	if done(q, now) || !deadline.IsZero() && !now.Before(deadline) {
		return nil, time.Time{}, nil
	}
	wake = make(chan struct{})
	q.waiting[wake] = true
	return wake, earliest(q.next(now), deadline), nil
}

// leave removes a waiter, because no channel of a bubble may outlive the call.
func (s *Service) leave(arn string, wake chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q, err := s.byARN(arn); err == nil {
		delete(q.waiting, wake)
	}
}

// sleep waits for a wake-up, for a time (zero: never), or for ctx.
func sleep(ctx context.Context, wake <-chan struct{}, until time.Time) error {
	var alarm <-chan time.Time
	if !until.IsZero() {
		t := time.NewTimer(time.Until(until))
		defer t.Stop()
		alarm = t.C
	}
	select {
	case <-wake:
	case <-alarm:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// WaitEmpty returns when the queue has no message (visible, delayed or in flight) and no
// invocation of [Service.Poll] runs for it. Then every message was handled, or moved to the
// dead-letter queue, and the writes of its handlers can be read. If ctx ends first, WaitEmpty
// returns ctx's error.
func (s *Service) WaitEmpty(ctx context.Context, queueARN string) error {
	return s.await(ctx, queueARN, time.Time{}, func(q *queue, _ time.Time) bool {
		return len(q.messages) == 0 && q.invocations == 0
	})
}
