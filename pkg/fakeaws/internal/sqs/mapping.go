package sqs

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// Mapping is an event source mapping: how Lambda polls a queue.
type Mapping struct {
	// BatchSize is the most messages of an invocation: 1 to 10, or to 10,000
	// with a BatchWindow of a second or more. 0 means 10.
	BatchSize int

	// BatchWindow is how long to gather messages for one invocation, to 300 s.
	BatchWindow time.Duration

	// MaximumConcurrency is the most invocations at once, to 1000; 0 means
	// 1000, an account's. Lambda's least is 2; here 1 is taken as well.
	MaximumConcurrency int

	// PartialBatchResponses is ReportBatchItemFailures: whether the answer of
	// the function tells which messages failed. Otherwise it is not read.
	PartialBatchResponses bool
}

// maxPayload is the most bytes of message bodies in one invocation; Lambda
// takes 6 MB of payload.
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
		return m, fmt.Errorf("batch size %d: must be 1 to %d with a batch window of %v", m.BatchSize, most, m.BatchWindow)
	case m.BatchWindow < 0 || m.BatchWindow > 300*time.Second:
		return m, fmt.Errorf("batch window %v: must be 0 to 300s", m.BatchWindow)
	case m.MaximumConcurrency < 1 || m.MaximumConcurrency > 1000:
		return m, fmt.Errorf("maximum concurrency %d: must be 1 to 1000", m.MaximumConcurrency)
	}
	return m, nil
}

// Poll delivers the messages of a queue to a function until ctx ends, as
// Lambda's event source mapping does. It receives only while an invocation is
// free, so that a message is not received without need. invoke gets the SQS
// event as JSON; what it handled is deleted, and what failed becomes visible
// again after the queue's visibility timeout. An error of invoke fails the
// whole batch.
//
// Poll returns nil once ctx has ended and every invocation has returned; the
// context of an invocation is ctx. It returns an error for a mapping that
// Lambda would not take and for a queue that does not exist (any more).
func (s *Service) Poll(ctx context.Context, queueARN string, m Mapping, invoke func(ctx context.Context, payload []byte) ([]byte, error)) error {
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
		batch, err := s.gather(ctx, queueARN, m)
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

// deliver invokes the function once and deletes what it handled.
func (s *Service) deliver(ctx context.Context, arn string, m Mapping, batch []received, invoke func(context.Context, []byte) ([]byte, error)) {
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

// settle ends an invocation, and deletes the messages it handled.
func (s *Service) settle(q *queue, handled []received) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range handled {
		s.remove(q, r.handle) // a handle of this queue: no error
	}
	q.invocations--
	q.changed()
}
