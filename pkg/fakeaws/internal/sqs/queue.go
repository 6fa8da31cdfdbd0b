package sqs

import (
	"strings"
	"time"
)

type queue struct {
	name, arn, url    string
	created, modified time.Time
	purged            time.Time // the time of the last purge

	attributes map[string]string // those that a client can set
	redrive    *redrive          // nil: no limit on receives
	messages   []*message        // in the order sent

	invocations int // running now, by Poll
	waiting     map[chan struct{}]bool
}

// byURL finds a queue by its URL. It ignores the host, because AWS's name and the loopback
// address lead to the same queue.
func (s *Service) byURL(url string) (*queue, error) {
	if url == "" {
		return nil, missing("QueueUrl")
	}
	owner, name, _ := strings.Cut(path(url), "/")
	q := s.queues[name]
	if q == nil || owner != s.account {
		return nil, noQueue()
	}
	return q, nil
}

// path returns the last two segments of a URL's path: account/name.
func path(url string) string {
	parts := strings.Split(url, "/")
	if len(parts) < 2 {
		return ""
	}
	return strings.Join(parts[len(parts)-2:], "/")
}

func (s *Service) byARN(arn string) (*queue, error) {
	name, ok := strings.CutPrefix(arn, s.arnPrefix())
	q := s.queues[name]
	if !ok || q == nil {
		return nil, noQueue()
	}
	return q, nil
}

func (s *Service) arnPrefix() string {
	return "arn:aws:sqs:" + s.region + ":" + s.account + ":"
}

// changed wakes every caller that waits for a change of the queue.
func (q *queue) changed() {
	for c := range q.waiting {
		close(c)
	}
	clear(q.waiting)
}

// find returns the position of a message, or -1.
func (q *queue) find(id string) int {
	for i, m := range q.messages {
		if m.id == id {
			return i
		}
	}
	return -1
}

// expire removes the messages that are older than the retention period.
func (q *queue) expire(now time.Time) {
	oldest := now.Add(-q.seconds("MessageRetentionPeriod"))
	kept := q.messages[:0]
	for _, m := range q.messages {
		if m.sent.After(oldest) {
			kept = append(kept, m)
		}
	}
	if len(kept) == len(q.messages) {
		return
	}
	clear(q.messages[len(kept):])
	q.messages = kept
	q.changed()
}

// next returns the earliest time after now at which a message becomes visible or too old. It
// returns zero for an empty queue.
func (q *queue) next(now time.Time) time.Time {
	var first time.Time
	retention := q.seconds("MessageRetentionPeriod")
	for _, m := range q.messages {
		first = earliest(first, m.sent.Add(retention))
		if m.visible.After(now) {
			first = earliest(first, m.visible)
		}
	}
	return first
}

// earliest returns the earlier of two times. Zero stands for never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
