package sqs

import (
	"encoding/base64"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

type startMessageMoveTaskInput struct {
	SourceArn      string
	DestinationArn string // "": the queues that the messages came from

	MaxNumberOfMessagesPerSecond *int
}

type startMessageMoveTaskOutput struct{ TaskHandle string }

// startMessageMoveTask moves all visible messages out of a dead-letter queue, at once. As in
// AWS, each becomes a new message with a new id, a new enqueue time and no receives.
func (s *Service) startMessageMoveTask(in startMessageMoveTaskInput) (startMessageMoveTaskOutput, error) {
	q, err := s.byARN(in.SourceArn)
	if err != nil {
		return startMessageMoveTaskOutput{}, &api.Error{
			Code:    "ResourceNotFoundException",
			Message: "The resource that you specified for the SourceArn parameter doesn't exist.", Status: 404,
		}
	}
	if !s.isDeadLetterQueue(q) {
		return startMessageMoveTaskOutput{}, invalid("Source queue must be configured as a Dead Letter Queue.")
	}
	if _, err := s.byARN(in.DestinationArn); in.DestinationArn != "" && err != nil {
		return startMessageMoveTaskOutput{}, &api.Error{
			Code:    "ResourceNotFoundException",
			Message: "The resource that you specified for the DestinationArn parameter doesn't exist.", Status: 404,
		}
	}
	s.moveAll(q, in.DestinationArn, time.Now())
	task := base64.StdEncoding.EncodeToString([]byte(uuid() + " " + q.arn))
	return startMessageMoveTaskOutput{task}, nil
}

func (s *Service) isDeadLetterQueue(q *queue) bool {
	for _, other := range s.queues {
		if other.redrive != nil && other.redrive.target == q.arn {
			return true
		}
	}
	return false
}

// moveAll moves visible messages to one queue, or to the queues that they came from.
func (s *Service) moveAll(q *queue, destination string, now time.Time) {
	var kept []*message
	for _, m := range q.messages {
		arn := destination
		if arn == "" {
			arn = m.source
		}
		to, err := s.byARN(arn)
		if err != nil || m.visible.After(now) {
			kept = append(kept, m)
			continue
		}
		to.messages = append(to.messages, &message{
			id: uuid(), body: m.body, attributes: m.attributes, system: m.system, sent: now, visible: now,
		})
		to.changed()
	}
	q.messages = kept
	q.changed()
}
