package sqs

import (
	"context"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// An operation decodes its input, performs itself and returns its output.
type operation func(ctx context.Context, s *Service, input []byte) (any, error)

var operations = map[string]operation{
	"ChangeMessageVisibility":      locked((*Service).changeMessageVisibility),
	"ChangeMessageVisibilityBatch": locked((*Service).changeMessageVisibilityBatch),
	"CreateQueue":                  locked((*Service).createQueue),
	"DeleteMessage":                locked((*Service).deleteMessage),
	"DeleteMessageBatch":           locked((*Service).deleteMessageBatch),
	"DeleteQueue":                  locked((*Service).deleteQueue),
	"GetQueueAttributes":           locked((*Service).getQueueAttributes),
	"GetQueueUrl":                  locked((*Service).getQueueURL),
	"ListQueues":                   locked((*Service).listQueues),
	"PurgeQueue":                   locked((*Service).purgeQueue),
	"ReceiveMessage":               waiting((*Service).receiveMessage),
	"SendMessage":                  locked((*Service).sendMessage),
	"SendMessageBatch":             locked((*Service).sendMessageBatch),
	"SetQueueAttributes":           locked((*Service).setQueueAttributes),
	"StartMessageMoveTask":         locked((*Service).startMessageMoveTask),
}

// empty is the output of an operation without output.
type empty struct{}

// locked returns the operation of a method that runs under the lock.
func locked[In, Out any](f func(*Service, In) (Out, error)) operation {
	return func(_ context.Context, s *Service, input []byte) (any, error) {
		var in In
		if err := api.Decode(input, &in, unmodelled); err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return f(s, in)
	}
}

// waiting returns the operation of a method that may wait, and locks by itself.
func waiting[In, Out any](f func(*Service, context.Context, In) (Out, error)) operation {
	return func(ctx context.Context, s *Service, input []byte) (any, error) {
		var in In
		if err := api.Decode(input, &in, unmodelled); err != nil {
			return nil, err
		}
		return f(s, ctx, in)
	}
}
