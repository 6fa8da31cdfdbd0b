package sqs

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// Mapping is an event source mapping, by which Lambda polls a queue.
type Mapping struct {
	// BatchSize is the largest number of messages in an invocation. It is 1 to 10, or up to
	// 10,000 with a BatchWindow of at least a second. 0 means 10.
	BatchSize int

	// BatchWindow is how long messages are collected for one invocation, up to 300 s.
	BatchWindow time.Duration

	// MaximumConcurrency is the largest number of concurrent invocations, up to 1000. 0 means
	// 1000, an account's limit. Lambda's minimum is 2. Here 1 is allowed too.
	MaximumConcurrency int

	// PartialBatchResponses is ReportBatchItemFailures: the function's answer names the failed
	// messages. Otherwise the answer is ignored.
	PartialBatchResponses bool
}

// maxPayload is the largest size, in bytes, of the message bodies in one invocation. Lambda
// accepts 6 MB of payload.
const maxPayload = 6_000_000

func (m Mapping) check() (Mapping, error) {
	if m.BatchSize == 0 {
		m.BatchSize = 10
	}
	if m.MaximumConcurrency == 0 {
		m.MaximumConcurrency = 1000
	}
	most := 10
	if m.BatchWindow >= time.Second {
		most = 10_000
	}
	switch {
	case m.BatchSize < 1 || m.BatchSize > most:
		return m, fmt.Errorf("batch size %d: must be 1 to %d with a batch window of %v", m.BatchSize, most,
			m.BatchWindow)
	case m.BatchWindow < 0 || m.BatchWindow > 300*time.Second:
		return m, fmt.Errorf("batch window %v: must be 0 to 300s", m.BatchWindow)
	case m.MaximumConcurrency < 1 || m.MaximumConcurrency > 1000:
		return m, fmt.Errorf("maximum concurrency %d: must be 1 to 1000", m.MaximumConcurrency)
	}
	return m, nil
}

// Poll delivers the messages of a queue to a function until ctx ends, as Lambda's event source
// mapping does. It receives only while an invocation is free, so that no message is received
// without need. invoke gets the SQS event as JSON. Poll deletes the messages that succeeded.
// Those that failed become visible again after the queue's visibility timeout. An error of
// invoke fails the whole batch.
//
// The context of an invocation is ctx. Poll returns nil after ctx has ended and every
// invocation has returned. It fails if Lambda would not accept the mapping, or if the queue
// does not exist or is deleted.
func (s *Service) Poll(ctx context.Context, queueARN string, m Mapping,
	invoke func(ctx context.Context, payload []byte) ([]byte, error)) error {
	m, err := m.check()
	if err != nil {
		return err
	}
	free := make(chan struct{}, m.MaximumConcurrency)
	var running sync.WaitGroup
	defer running.Wait()
	for {
		select {
		case free <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		batch, err := s.collect(ctx, queueARN, m)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		running.Go(func() {
			s.deliver(ctx, queueARN, m, batch, invoke)
			<-free
		})
	}
}

// deliver invokes the function once and deletes the messages that succeeded.
func (s *Service) deliver(ctx context.Context, arn string, m Mapping, batch []received,
	invoke func(context.Context, []byte) ([]byte, error)) {
	payload, err := api.Encode(s.event(arn, batch))
	if err != nil {
		panic(fmt.Sprintf("sqs: encode an event: %v", err)) // texts and maps of texts: cannot fail
	}
	q := s.begin(arn)
	if q == nil {
		return // deleted in between
	}
	answer, err := invoke(ctx, payload)
	switch {
	case err != nil:
		s.settle(q, nil)
	case m.PartialBatchResponses:
		s.settle(q, without(batch, failures(answer, batch)))
	default:
		s.settle(q, batch)
	}
}

func without(batch []received, failed map[string]bool) []received {
	return slices.DeleteFunc(batch, func(m received) bool { return failed[m.id] })
}

func (s *Service) begin(arn string) *queue {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.byARN(arn)
	if err != nil {
		return nil
	}
	q.invocations++
	return q
}

// settle ends an invocation, and deletes the messages that succeeded.
func (s *Service) settle(q *queue, handled []received) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range handled {
		s.remove(q, r.handle) // a handle of this queue: no error
	}
	q.invocations--
	q.changed()
}
