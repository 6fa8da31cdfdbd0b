package events

import "bytes"

// Decoder reads payloads for a function that runs in Account and Region.
//
// Anyone who may write to a queue, to a topic or to the function can write any account
// into an envelope. So account, region and source are believed only from the queue that
// EventBridge alone feeds, and only if Lambda took the record from it. Every other
// message speaks for the function's own account.
type Decoder struct {
	Account    string
	Region     string
	EventQueue string // ARN of the queue that EventBridge feeds; "" believes nobody

	// Delivered: Lambda's event source mapping took the records from their queues. If it
	// is false, a caller of the function wrote them, and nothing in them is believed.
	Delivered bool

	// TrustEnvelope believes every EventBridge envelope: only for a program
	// whose user wrote the envelope and answers for it, such as the CLI.
	TrustEnvelope bool
}

// Kind says how a payload came, and so how it wants to be answered.
type Kind uint8

const (
	Direct      Kind = iota + 1 // a bare detail or a sweep: answer with a [Result]
	EventBridge                 // one event: nobody waits
	SNS                         // one notification: nobody waits
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

// Batch is one payload: its messages in the order they stood there.
type Batch struct {
	Kind     Kind
	Messages []Message
}

// Decode reads a payload. Whatever is wrong with a message stands in its
// Faults; the error, [Faults] too, is for a payload that has no messages: no
// JSON, too large, or of no known shape or of more than one.
func (d Decoder) Decode(payload []byte) (Batch, error) {
	if len(payload) > maxPayloadBytes {
		return Batch{}, wholly("the payload has %d bytes: want at most %d", len(payload), maxPayloadBytes)
	}
	v, err := parse(payload)
	if err != nil {
		return Batch{}, wholly("the payload cannot be read as JSON: %v", err)
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

// DecodeFile reads a file that a user wrote: an EventBridge event, a bare
// detail, or a list of those, one message each. Envelopes are believed, and may
// lack what EventBridge would add; a bare detail without detailType is a Launch
// Requested. What neither the file nor the Decoder knows of accounts and
// Regions stays empty, for [Message.Fill].
func (d Decoder) DecodeFile(data []byte) ([]Message, error) {
	d.TrustEnvelope = true
	if len(data) > maxPayloadBytes {
		return nil, wholly("the file has %d bytes: want at most %d", len(data), maxPayloadBytes)
	}
	v, err := parse(bytes.TrimPrefix(data, []byte("\ufeff")))
	if err != nil {
		return nil, wholly("the file cannot be read as JSON: %v", err)
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

// newMessage speaks for the function's own account.
func (d Decoder) newMessage() Message {
	return Message{
		Origin: Origin{Account: d.Account},
		Launch: Launch{Account: d.Account},
		Group:  Group{Account: d.Account, Region: d.Region},
	}
}

func (d Decoder) refuse(f Faults) Message {
	m := d.newMessage()
	m.Faults = f
	return m
}

// message reads a payload of a shape that holds one message.
func (d Decoder) message(v value, s shape, believed bool) Message {
	m := d.newMessage()
	switch s {
	case snsNotification:
		return d.notification(v)
	case eventBridgeEvent:
		m.event(v, believed, d.TrustEnvelope)
	case bareDetail:
		m.bare(v)
	case sweepCommand:
		m.sweep(v)
	}
	return m
}

// body reads what stands as text in an SQS record or an SNS notification.
func (d Decoder) body(text string, allowed shapes, believed bool) Message {
	v, faults := parseText(text)
	if faults != nil {
		return d.refuse(faults)
	}
	shape, faults := shapeOf(v, allowed)
	if faults != nil {
		return d.refuse(faults)
	}
	m := d.message(v, shape, believed && shape == eventBridgeEvent)
	if m.Instance != nil && !believed { // publishers feed the queue or the topic
		m.Instance = nil
		m.refuse("an %q is read only from the queue that EventBridge alone feeds: want %q or %q",
			InstanceChanged, LaunchRequested, LaunchEnded)
	}
	return m
}

// parseText reads a message that stands as text in a record or notification.
func parseText(text string) (value, Faults) {
	if faults := checkSize(len(text)); faults != nil {
		return value{}, faults
	}
	v, err := parse([]byte(text))
	if err != nil {
		return value{}, wholly("the message cannot be read as JSON: %v", err)
	}
	return v, nil
}

func checkSize(n int) Faults {
	if n <= maxEventBytes {
		return nil
	}
	return wholly("the event has %d bytes: want at most %d", n, maxEventBytes)
}
