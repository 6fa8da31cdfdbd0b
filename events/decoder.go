package events

import (
	"bytes"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// Decoder reads payloads for a function that runs in Account and Region.
//
// A writer to a queue, a topic or the function can put any account into an envelope. So the
// decoder trusts account, region and source only from the queue that EventBridge alone
// feeds, and only if Lambda took the record from it. Every other message counts as the
// function's own account.
type Decoder struct {
	Account     string
	Region      string
	EventQueues []string // ARNs of the queues that EventBridge alone feeds; no other queue is trusted

	// Delivered reports that Lambda's event source mapping took the records from their
	// queues. If it is false, a caller of the function may have written them. Then a record
	// of an event queue is not read ([Message.Undelivered]).
	Delivered bool

	// TrustEnvelope trusts every EventBridge envelope. Use it only if the program's user wrote
	// the envelope and is responsible for it, as in the CLI.
	TrustEnvelope bool
}

// Kind is the source of a payload, which determines the form of the answer.
type Kind uint8

const (
	Direct      Kind = iota + 1 // a bare detail, a sweep or a wait: answer with a [Result]
	EventBridge                 // one event: no caller waits
	SNS                         // one notification: no caller waits
	SQS                         // a batch: answer with the ids of messages to deliver again
)

var kindNames = [...]string{Direct: "direct", EventBridge: "eventbridge", SNS: "sns", SQS: "sqs"}

// String returns "direct", "eventbridge", "sns" or "sqs".
func (k Kind) String() string {
	if k == 0 || int(k) >= len(kindNames) {
		return "unknown"
	}
	return kindNames[k]
}

// Batch is one payload, with its messages in their order.
type Batch struct {
	Kind     Kind
	Messages []Message
}

// Decode reads a payload. The faults of a message are in its Faults. The error is [claim.Faults],
// too. It is for a payload without messages: no JSON, too large, or of no shape or more than
// one.
func (d Decoder) Decode(payload []byte) (Batch, error) {
	if len(payload) > maxPayloadBytes {
		return Batch{}, eventFault("the payload has %d bytes: want at most %d", len(payload), maxPayloadBytes)
	}
	v, err := parse(payload)
	if err != nil {
		return Batch{}, eventFault("the payload cannot be read as JSON: %v", err)
	}
	shape, faults := shapeOf(v, anyShape)
	if faults == nil && shape != sqsBatch {
		faults = checkSize(len(payload))
	}
	if faults != nil {
		return Batch{}, faults
	}
	if shape == sqsBatch {
		return Batch{SQS, d.records(v)}, nil
	}
	return Batch{shape.kind(), []Message{d.message(v, shape, d.TrustEnvelope)}}, nil
}

// DecodeFile reads a file that a user wrote: an EventBridge event, a bare detail, or a list of
// these, with one message each. It trusts envelopes, which may lack the keys that EventBridge
// adds. A bare detail without detailType is a Launch Requested. Unknown accounts and Regions
// stay empty, for [Message.Fill].
func (d Decoder) DecodeFile(data []byte) ([]Message, error) {
	d.TrustEnvelope = true
	if len(data) > maxPayloadBytes {
		return nil, eventFault("the file has %d bytes: want at most %d", len(data), maxPayloadBytes)
	}
	v, err := parse(bytes.TrimPrefix(data, []byte("\ufeff")))
	if err != nil {
		return nil, eventFault("the file cannot be read as JSON: %v", err)
	}
	if v.kind != list {
		return []Message{d.fileMessage(v)}, nil
	}
	messages := make([]Message, len(v.list))
	for i, event := range v.list {
		messages[i] = d.fileMessage(event)
	}
	return messages, nil
}

func (d Decoder) fileMessage(v value) Message {
	if v.kind == object && !resembles(v) {
		m := d.newMessage()
		m.read(LaunchRequested, v, true)
		return m
	}
	shape, faults := shapeOf(v, fileShapes)
	if faults != nil {
		return d.refuse(faults)
	}
	return d.message(v, shape, true)
}

// newMessage returns a message of the function's own account.
func (d Decoder) newMessage() Message {
	return Message{
		Origin: claim.Origin{Account: d.Account},
		Launch: claim.Launch{Account: d.Account},
		Group:  Group{Account: d.Account, Region: d.Region},
	}
}

func (d Decoder) refuse(f claim.Faults) Message {
	m := d.newMessage()
	m.Faults = f
	return m
}

// message reads a payload of a shape with one message.
func (d Decoder) message(v value, s shape, trusted bool) Message {
	m := d.newMessage()
	switch s {
	case snsNotification:
		return d.notification(v)
	case eventBridgeEvent:
		m.event(v, trusted, d.TrustEnvelope)
	case bareDetail:
		m.bare(v)
	case sweepCommand:
		m.sweep(v)
	case waitCommand:
		m.wait(v)
	}
	return m
}

// body reads the text of an SQS record or an SNS notification.
func (d Decoder) body(text string, allowed shapes, trusted bool) Message {
	v, faults := parseText(text)
	if faults != nil {
		return d.refuse(faults)
	}
	shape, faults := shapeOf(v, allowed)
	if faults != nil {
		return d.refuse(faults)
	}
	m := d.message(v, shape, trusted && shape == eventBridgeEvent)
	if m.Instance != nil && !trusted { // publishers feed the queue or the topic
		m.Instance = nil
		m.refuse("an %q is read only from the queue that EventBridge alone feeds: want %q or %q",
			InstanceChanged, LaunchRequested, LaunchEnded)
	}
	return m
}

// parseText parses the text of a record or a notification.
func parseText(text string) (value, claim.Faults) {
	if faults := checkSize(len(text)); faults != nil {
		return value{}, faults
	}
	v, err := parse([]byte(text))
	if err != nil {
		return value{}, eventFault("the message cannot be read as JSON: %v", err)
	}
	return v, nil
}

func checkSize(n int) claim.Faults {
	if n <= maxEventBytes {
		return nil
	}
	return eventFault("the event has %d bytes: want at most %d", n, maxEventBytes)
}
