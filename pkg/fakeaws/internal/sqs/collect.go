package sqs

import (
	"context"
	"time"
)

// collect waits for a first message, and then for more, until the batch is full or its window
// has passed. If ctx ends before, received messages become visible again after their timeout,
// as in Lambda.
func (s *Service) collect(ctx context.Context, arn string, m Mapping) ([]received, error) {
	var b batch
	fill := func(q *queue, now time.Time) bool {
		b.add(s, q, m.BatchSize, now)
		return b.full || len(b.messages) == m.BatchSize
	}
	err := s.await(ctx, arn, time.Time{}, func(q *queue, now time.Time) bool {
		return fill(q, now) || len(b.messages) > 0
	})
	if err != nil || m.BatchWindow == 0 || b.full {
		return b.messages, err
	}
	err = s.await(ctx, arn, time.Now().Add(m.BatchWindow), fill)
	return b.messages, err
}

// A batch is the messages of one invocation.
type batch struct {
	messages []received
	bytes    int
	full     bool // the next message does not fit into the payload
}

// add takes visible messages while they fit. Lambda requires a visibility timeout of at least
// the function's timeout. With no timeout, a batch would contain one message many times.
func (b *batch) add(s *Service, q *queue, limit int, now time.Time) {
	hide := max(q.seconds("VisibilityTimeout"), time.Second)
	s.redriveDead(q, now)
	for len(b.messages) < limit && !b.full {
		next := q.peek(now)
		if next == nil {
			return
		}
		if b.bytes > 0 && b.bytes+next.size() > maxPayload {
			b.full = true
			return
		}
		b.bytes += next.size()
		b.messages = append(b.messages, s.take(q, 1, hide, now)...)
	}
}

// peek returns the message that would be received next, or nil.
func (q *queue) peek(now time.Time) *message {
	for _, m := range q.messages {
		if !m.visible.After(now) {
			return m
		}
	}
	return nil
}
