package sqs

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// senderID stands for the principal that sends messages.
const senderID = "AIDAEMBEDDEDACCOUNT00"

// A message waits in one queue.
type message struct {
	id, body   string
	attributes map[string]attributeValue // never changed after the send
	system     map[string]attributeValue // only AWSTraceHeader exists
	source     string                    // ARN of the queue that this dead letter came from, or ""

	sent     time.Time
	visible  time.Time // from this time it can be received
	delayed  bool      // not visible yet because of its delay
	first    time.Time // the time of its first receive
	receives int
}

// receipt is the content of a receipt handle: the n-th receipt of a message. Only the latest
// receipt can delete the message.
type receipt struct {
	queue, id string
	n         int
}

func (r receipt) handle() string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s %s %d", r.queue, r.id, r.n))
}

func parseReceipt(handle string) (receipt, error) {
	raw, err := base64.StdEncoding.DecodeString(handle)
	parts := strings.Split(string(raw), " ")
	if err != nil || len(parts) != 3 {
		return receipt{}, badHandle(handle)
	}
	n, err := strconv.Atoi(parts[2])
	if err != nil {
		return receipt{}, badHandle(handle)
	}
	return receipt{queue: parts[0], id: parts[1], n: n}, nil
}

func (m *message) systemAttributes() map[string]string {
	a := map[string]string{
		"ApproximateFirstReceiveTimestamp": milliseconds(m.first),
		"ApproximateReceiveCount":          strconv.Itoa(m.receives),
		"SenderId":                         senderID,
		"SentTimestamp":                    milliseconds(m.sent),
	}
	if m.source != "" {
		a["DeadLetterQueueSourceArn"] = m.source
	}
	for name, v := range m.system {
		a[name] = v.text()
	}
	return a
}

func milliseconds(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// size returns the size that counts against a message's limit: body and attributes.
func (m *message) size() int {
	n := len(m.body)
	for name, v := range m.attributes {
		n += len(name) + len(v.DataType) + len(v.value())
	}
	return n
}
