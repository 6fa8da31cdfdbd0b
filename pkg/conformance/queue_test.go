package conformance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

type message struct {
	id    int
	body  string
	tries int
}

// sweep is the payload of the schedule, which invokes the function itself.
const sweep = `{"sgkeeper":"sweep"}`

func (m message) isSweep() bool { return m.body == sweep }

// maxTries limits the deliveries of a message. A real queue waits between two deliveries; this
// one does not.
const maxTries = 200

// queue delivers each message until it is answered.
type queue struct {
	mu      sync.Mutex
	waiting []message
	open    int // messages without an answer
	added   int
	ready   chan struct{} // full if there are messages
	idle    chan struct{} // full if all messages are answered
}

func newQueue() *queue {
	return &queue{ready: make(chan struct{}, 1), idle: make(chan struct{}, 1)}
}

// send puts new messages into the queue.
func (q *queue) send(bodies ...string) {
	q.mu.Lock()
	fresh := make([]message, len(bodies))
	for i, body := range bodies {
		q.added++
		fresh[i] = message{id: q.added, body: body}
	}
	q.open += len(bodies)
	q.mu.Unlock()
	q.put(fresh...)
}

// put puts messages into the queue, also for another delivery.
func (q *queue) put(batch ...message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, batch...)
	q.signal()
}

func (q *queue) signal() {
	if len(q.waiting) > 0 {
		select {
		case q.ready <- struct{}{}:
		default:
		}
	}
}

// batchSize is the maximum number of messages for one invocation.
const batchSize = 4

// take waits for messages. It returns none if ctx ends.
func (q *queue) take(ctx context.Context) []message {
	select {
	case <-q.ready:
	case <-ctx.Done():
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	n := slices.IndexFunc(q.waiting, message.isSweep)
	if n < 0 {
		n = len(q.waiting)
	}
	n = max(1, min(batchSize, n)) // a sweep comes by itself
	batch := slices.Clone(q.waiting[:n])
	q.waiting = q.waiting[n:]
	for i := range batch {
		batch[i].tries++
	}
	q.signal()
	return batch
}

// done records answers, and delivers the other messages again.
func (q *queue) done(answers int, again []message) {
	q.put(again...)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.open -= answers
	if q.open == 0 {
		select {
		case q.idle <- struct{}{}:
		default:
		}
	}
}

// overdue returns messages that were delivered too often.
func (q *queue) overdue() (bodies []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.waiting {
		if m.tries > maxTries {
			bodies = append(bodies, m.body)
		}
	}
	return bodies
}

// payload returns a batch in Lambda's form, or a sweep as the schedule sends it. queue reports
// whether a queue's event source mapping delivers it.
func payload(batch []message) (body string, queue bool) {
	if batch[0].isSweep() {
		return batch[0].body, false
	}
	records := make([]string, len(batch))
	for i, m := range batch {
		records[i] = fmt.Sprintf(`{"messageId":"m%d","body":%q,"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:123456789012:q"}`, m.id, m.body)
	}
	return `{"Records":[` + strings.Join(records, ",") + `]}`, true
}

// failures returns the messages of a batch that must be delivered again.
func failures(answer []byte, batch []message) ([]message, error) {
	var a struct {
		BatchItemFailures []struct{ ItemIdentifier string }
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return nil, err
	}
	var again []message
	for _, failure := range a.BatchItemFailures {
		i := slices.IndexFunc(batch, func(m message) bool { return fmt.Sprint("m", m.id) == failure.ItemIdentifier })
		if i < 0 {
			return nil, fmt.Errorf("no message %q", failure.ItemIdentifier)
		}
		again = append(again, batch[i])
	}
	return again, nil
}
