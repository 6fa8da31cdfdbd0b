// Package eventbus puts events on the project's bus in EventBridge: launches, for the CLI, and
// outcomes, for the functions.
//
// PutEvents limits the events of a request, and reports success even if it took only some of
// them. [Bus] divides events into requests, and sends the rejected entries again.
package eventbus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/sgkeeper/sgkeeper/events"
)

// Bus is an event bus. It is safe for concurrent use.
type Bus struct {
	client *eventbridge.Client
	name   string
}

// New returns the bus with a name or ARN.
func New(client *eventbridge.Client, bus string) *Bus { return &Bus{client, bus} }

// Publish puts events of sgkeeper's own. It implements ensure.Bus.
func (b *Bus) Publish(ctx context.Context, out ...events.Out) error {
	return b.Put(ctx, events.Source, out...)
}

// Put puts events of any source. For example, a launch sends an events.Request or events.End.
//
// It returns nil only if the bus took all events. If not, the error names the events that it
// may not have taken; it took the others.
func (b *Bus) Put(ctx context.Context, source string, details ...events.Out) error {
	results, err := b.putAll(ctx, source, details)
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range results {
		if r.err != nil && !slices.Contains(errs, r.err) { // a failed request is one error
			errs = append(errs, r.err)
		}
	}
	return errors.Join(errs...)
}

// PutOne puts one event like Put, and returns its id. EventBridge writes the id into the
// event's envelope.
func (b *Bus) PutOne(ctx context.Context, source string, detail events.Out) (id string, err error) {
	results, err := b.putAll(ctx, source, []events.Out{detail})
	if err != nil {
		return "", err
	}
	return results[0].id, results[0].err
}

// Deliver puts events of sgkeeper's own like Publish. It returns an error for each event: nil if
// the bus took it.
func (b *Bus) Deliver(ctx context.Context, out ...events.Out) []error {
	errs := make([]error, len(out))
	results, err := b.putAll(ctx, events.Source, out)
	for i := range errs {
		if errs[i] = err; err == nil {
			errs[i] = results[i].err
		}
	}
	return errs
}

// result is the outcome of one event: its id, or the reason why the bus may not have taken it.
type result struct {
	id  string
	err error
}

// putAll puts events and returns their results. It fails if one cannot be encoded.
func (b *Bus) putAll(ctx context.Context, source string, details []events.Out) ([]result, error) {
	entries := make([]types.PutEventsRequestEntry, len(details))
	for i, d := range details {
		text, err := json.Marshal(d)
		if err != nil {
			return nil, fmt.Errorf("event %q: %w", d.DetailType(), err)
		}
		entries[i] = types.PutEventsRequestEntry{
			EventBusName: &b.name,
			Source:       &source,
			DetailType:   aws.String(d.DetailType()),
			Detail:       aws.String(string(text)),
		}
	}
	results := make([]result, 0, len(entries))
	for _, chunk := range chunks(entries) {
		results = append(results, b.put(ctx, chunk)...)
	}
	return results, nil
}
