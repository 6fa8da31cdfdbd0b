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
	return b.putAll(ctx, source, details, func(string) {})
}

// PutOne puts one event like Put, and returns its id. EventBridge writes the id into the
// event's envelope.
func (b *Bus) PutOne(ctx context.Context, source string, detail events.Out) (id string, err error) {
	err = b.putAll(ctx, source, []events.Out{detail}, func(took string) { id = took })
	return id, err
}

func (b *Bus) putAll(ctx context.Context, source string, details []events.Out, took func(id string)) error {
	entries := make([]types.PutEventsRequestEntry, len(details))
	for i, d := range details {
		text, err := json.Marshal(d)
		if err != nil {
			return fmt.Errorf("event %q: %w", d.DetailType(), err)
		}
		entries[i] = types.PutEventsRequestEntry{
			EventBusName: &b.name,
			Source:       &source,
			DetailType:   aws.String(d.DetailType()),
			Detail:       aws.String(string(text)),
		}
	}
	var errs []error
	for _, chunk := range chunks(entries) {
		errs = append(errs, b.put(ctx, chunk, took))
	}
	return errors.Join(errs...)
}
