// Package eventbus puts events on the project's bus in EventBridge: launches
// in, as the CLI does, and outcomes out, as the functions do.
//
// PutEvents takes a few events a request, and answers success where it took
// only some of them. [Bus] cuts, looks, and sends what was not taken again.
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

// New returns the bus of the given name or ARN.
func New(client *eventbridge.Client, bus string) *Bus { return &Bus{client, bus} }

// Publish puts events of sgkeeper's own: it implements ensure.Bus.
func (b *Bus) Publish(ctx context.Context, out ...events.Out) error {
	return b.Put(ctx, events.Source, out...)
}

// Put puts events of any source: an events.Request or events.End is a launch's.
//
// It returns nil only when the bus has taken all of them. Where it does not,
// the error names those not known to be taken; the others were.
func (b *Bus) Put(ctx context.Context, source string, details ...events.Out) error {
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
		errs = append(errs, b.put(ctx, chunk))
	}
	return errors.Join(errs...)
}
