package sqs

import (
	"context"
	"time"
)

// gather waits for a first message, and then for more: until the batch is full
// or its window has passed. When ctx ends meanwhile, what was received becomes
// visible again after its timeout, as when a poller of Lambda's is stopped.
func (s *Service) gather(ctx context.Context, arn string, m Mapping) ([]received, error) {
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

// A batch is the messages of one invocation while they are gathered.
type batch struct {
	messages []received
	bytes    int
	full     bool // the next message did not fit into the payload
}

// add takes visible messages as long as they fit. Lambda asks for a visibility
// timeout that is at least the function's; with none at all a batch would hold
// one message many times.
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

// peek is the message that would be received next, or nil.
func (q *queue) peek(now time.Time) *message {
	for _, m := range q.messages {
		if !m.visible.After(now) {
			return m
		}
	}
	return nil
}
