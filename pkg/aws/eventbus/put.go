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
func (b *Bus) put(ctx context.Context, entries []types.PutEventsRequestEntry) []result {
	results := make([]result, len(entries))
	rest := make([]int, len(entries)) // indexes of the entries that the bus has not taken
	for i := range rest {
		rest[i] = i
	}
	for attempt := 1; ; attempt++ {
		refused, err := b.putOnce(ctx, entries, rest, results)
		if err != nil {
			err = fmt.Errorf("put events on %s: %w", b.name, err)
			for _, i := range rest {
				results[i].err = err
			}
			return results
		}
		if rest = refused; len(rest) == 0 {
			return results
		}
		delay, err := b.client.Options().Retryer.RetryDelay(attempt, failure(results))
		if attempt == maxAttempts || err != nil {
			return results
		}
		if err := smithytime.SleepWithContext(ctx, delay); err != nil {
			for _, i := range rest {
				results[i].err = errors.Join(results[i].err, err)
			}
			return results
		}
	}
}

// putOnce sends the entries with some indexes in one request. It notes their results, and returns
// the indexes of the rejected entries. The answers are in the order of the entries. An entry without
// an event id was rejected.
func (b *Bus) putOnce(
	ctx context.Context, entries []types.PutEventsRequestEntry, rest []int, results []result,
) (refused []int, err error) {
	some := make([]types.PutEventsRequestEntry, len(rest))
	for n, i := range rest {
		some[n] = entries[i]
	}
	out, err := b.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: some})
	if err != nil {
		return nil, err
	}
	if len(out.Entries) != len(some) {
		return nil, fmt.Errorf("answered for %d of %d events", len(out.Entries), len(some))
	}
	for n, answer := range out.Entries {
		i := rest[n]
		if aws.ToString(answer.EventId) != "" && answer.ErrorCode == nil {
			results[i] = result{id: *answer.EventId}
			continue
		}
		refused = append(refused, i)
		results[i].err = fmt.Errorf("put %q on %s: %w", *entries[i].DetailType, b.name, &smithy.GenericAPIError{
			Code: aws.ToString(answer.ErrorCode), Message: aws.ToString(answer.ErrorMessage),
		})
	}
	return refused, nil
}

// failure joins the errors of the results.
func failure(results []result) error {
	errs := make([]error, len(results))
	for i := range results {
		errs[i] = results[i].err
	}
	return errors.Join(errs...)
}
