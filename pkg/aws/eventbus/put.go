package eventbus

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/smithy-go"
	smithytime "github.com/aws/smithy-go/time"
)

// maxAttempts limits the attempts for an entry that the bus rejected. The SDK retries requests
// that fail as a whole.
const maxAttempts = 3

// put sends one chunk, and then the rejected entries again, with the client's own backoff.
func (b *Bus) put(ctx context.Context, entries []types.PutEventsRequestEntry, took func(id string)) error {
	for attempt := 1; ; attempt++ {
		refused, err := b.putOnce(ctx, entries, took)
		if err != nil {
			return fmt.Errorf("put events on %s: %w", b.name, err)
		}
		if len(refused) == 0 {
			return nil
		}
		failure := b.failure(refused)
		delay, err := b.client.Options().Retryer.RetryDelay(attempt, failure)
		if attempt == maxAttempts || err != nil {
			return failure
		}
		if err := smithytime.SleepWithContext(ctx, delay); err != nil {
			return errors.Join(failure, err)
		}
		entries = entriesOf(refused)
	}
}

// refusal is an entry that the bus rejected, and the reason.
type refusal struct {
	entry types.PutEventsRequestEntry
	cause smithy.APIError
}

// putOnce sends one request and returns the rejected entries: those without an event id. It
// calls took with the id of each other event.
func (b *Bus) putOnce(ctx context.Context, entries []types.PutEventsRequestEntry,
	took func(id string)) ([]refusal, error) {
	out, err := b.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: entries})
	if err != nil {
		return nil, err
	}
	if len(out.Entries) != len(entries) {
		return nil, fmt.Errorf("answered for %d of %d events", len(out.Entries), len(entries))
	}
	var refused []refusal
	for i, result := range out.Entries {
		if aws.ToString(result.EventId) == "" || result.ErrorCode != nil {
			refused = append(refused, refusal{entries[i], &smithy.GenericAPIError{
				Code: aws.ToString(result.ErrorCode), Message: aws.ToString(result.ErrorMessage),
			}})
		} else {
			took(*result.EventId)
		}
	}
	return refused, nil
}

func (b *Bus) failure(refused []refusal) error {
	errs := make([]error, len(refused))
	for i, r := range refused {
		errs[i] = fmt.Errorf("put %q on %s: %w", *r.entry.DetailType, b.name, r.cause)
	}
	return errors.Join(errs...)
}

func entriesOf(refused []refusal) []types.PutEventsRequestEntry {
	entries := make([]types.PutEventsRequestEntry, len(refused))
	for i, r := range refused {
		entries[i] = r.entry
	}
	return entries
}
