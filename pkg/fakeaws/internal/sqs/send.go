package sqs

import (
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

const maxBytes = 1 << 20 // of a message, and of all messages of a batch

// Send puts a message into a queue as another service does, such as EventBridge.
func (s *Service) Send(queueARN, body string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.byARN(queueARN)
	if err != nil {
		return err
	}
	_, err = q.send(sendInput{MessageBody: body})
	return err
}

// sendInput holds the common members of SendMessage and of an entry of SendMessageBatch.
type sendInput struct {
	MessageBody             string
	DelaySeconds            *int
	MessageAttributes       map[string]attributeValue
	MessageSystemAttributes map[string]attributeValue
}

type sendMessageInput struct {
	QueueUrl string
	sendInput
}

type sendOutput struct {
	Id                           string `json:",omitempty"` // only in a batch
	MessageId                    string
	MD5OfMessageBody             string
	MD5OfMessageAttributes       string `json:",omitempty"`
	MD5OfMessageSystemAttributes string `json:",omitempty"`
}

func (s *Service) sendMessage(in sendMessageInput) (sendOutput, error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return sendOutput{}, err
	}
	return q.send(in.sendInput)
}

func (q *queue) send(in sendInput) (sendOutput, error) {
	if err := q.checkSend(in); err != nil {
		return sendOutput{}, err
	}
	now := time.Now()
	delay := q.seconds("DelaySeconds")
	if in.DelaySeconds != nil {
		delay = time.Duration(*in.DelaySeconds) * time.Second
	}
	m := &message{
		id:         uuid(),
		body:       in.MessageBody,
		attributes: in.MessageAttributes,
		system:     in.MessageSystemAttributes,
		sent:       now,
		visible:    now.Add(delay),
		delayed:    delay > 0,
	}
	q.messages = append(q.messages, m)
	q.changed()
	return sendOutput{
		MessageId:                    m.id,
		MD5OfMessageBody:             sum([]byte(m.body)),
		MD5OfMessageAttributes:       digest(m.attributes),
		MD5OfMessageSystemAttributes: digest(m.system),
	}, nil
}

func (q *queue) checkSend(in sendInput) error {
	if in.MessageBody == "" {
		return missing("MessageBody")
	}
	if !validText(in.MessageBody) {
		return &api.Error{
			Code: "InvalidMessageContents",
			Message: "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | " +
				"#xE000 to #xFFFD | #x10000 to #x10FFFF.",
		}
	}
	if d := in.DelaySeconds; d != nil && (*d < 0 || *d > 900) {
		return invalidValue(*d, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
	}
	if err := checkAttributes(in); err != nil {
		return err
	}
	m := message{body: in.MessageBody, attributes: in.MessageAttributes}
	if limit := q.number("MaximumMessageSize"); m.size() > limit {
		return invalid("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", limit)
	}
	return nil
}

func checkAttributes(in sendInput) error {
	if n := len(in.MessageAttributes); n > 10 {
		return invalid("Number of message attributes [%d] exceeds the allowed maximum [10].", n)
	}
	for _, name := range slices.Sorted(maps.Keys(in.MessageAttributes)) {
		if err := in.MessageAttributes[name].check(name); err != nil {
			return err
		}
	}
	for name, v := range in.MessageSystemAttributes {
		if name != "AWSTraceHeader" {
			return invalid("Message system attribute name '%s' is invalid.", name)
		}
		if v.DataType != "String" || v.text() == "" {
			return invalid("Message system attribute '%s' must contain a non-empty value of type 'String'.", name)
		}
	}
	return nil
}

// validText reports whether SQS accepts a text: only characters of XML 1.0.
func validText(s string) bool {
	for _, r := range s {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return false
		}
	}
	return true
}

// uuid returns a random (version 4) UUID.
func uuid() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
