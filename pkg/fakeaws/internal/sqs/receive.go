package sqs

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// received is a message at the time of one receipt.
type received struct {
	message
	handle string
}

// take receives up to limit visible messages, and hides them for a time.
func (s *Service) take(q *queue, limit int, hide time.Duration, now time.Time) []received {
	s.redriveDead(q, now)
	var got []received
	for _, m := range q.messages {
		if len(got) == limit {
			break
		}
		if m.visible.After(now) {
			continue
		}
		if m.receives == 0 {
			m.first = now
		}
		m.receives++
		m.delayed = false
		m.visible = now.Add(hide)
		got = append(got, received{*m, receipt{q.arn, m.id, m.receives}.handle()})
	}
	return got
}

type receiveMessageInput struct {
	QueueUrl                    string
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int
	WaitTimeSeconds             *int
	AttributeNames              []string // the older name of the next
	MessageSystemAttributeNames []string
	MessageAttributeNames       []string
}

type receiveMessageOutput struct {
	Messages []messageOutput `json:",omitempty"`
}

type messageOutput struct {
	MessageId              string
	ReceiptHandle          string
	MD5OfBody              string
	Body                   string
	Attributes             map[string]string         `json:",omitempty"`
	MD5OfMessageAttributes string                    `json:",omitempty"`
	MessageAttributes      map[string]attributeValue `json:",omitempty"`
}

func (s *Service) receiveMessage(ctx context.Context, in receiveMessageInput) (receiveMessageOutput, error) {
	arn, wait, err := s.checkReceive(in)
	if err != nil {
		return receiveMessageOutput{}, err
	}
	var got []received
	err = s.await(ctx, arn, time.Now().Add(wait), func(q *queue, now time.Time) bool {
		hide := q.seconds("VisibilityTimeout")
		if in.VisibilityTimeout != nil {
			hide = time.Duration(*in.VisibilityTimeout) * time.Second
		}
		got = s.take(q, or(in.MaxNumberOfMessages, 1), hide, now)
		return len(got) > 0
	})
	var out receiveMessageOutput
	for _, m := range got {
		out.Messages = append(out.Messages, in.output(m))
	}
	return out, err
}

// checkReceive returns the ARN of the queue and the time to wait.
func (s *Service) checkReceive(in receiveMessageInput) (arn string, wait time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return "", 0, err
	}
	seconds := or(in.WaitTimeSeconds, q.number("ReceiveMessageWaitTimeSeconds"))
	switch limit, hide := or(in.MaxNumberOfMessages, 1), or(in.VisibilityTimeout, 0); {
	case limit < 1 || limit > 10:
		err = invalidValue(limit, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")
	case seconds < 0 || seconds > 20:
		err = invalidValue(seconds, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.")
	case hide < 0 || hide > numbers["VisibilityTimeout"].max:
		err = invalidValue(hide, "VisibilityTimeout", "Must be between 0 and 43200, if provided.")
	}
	return q.arn, time.Duration(seconds) * time.Second, err
}

func or(n *int, otherwise int) int {
	if n == nil {
		return otherwise
	}
	return *n
}

// output returns the message with the attributes that the request names.
func (in receiveMessageInput) output(m received) messageOutput {
	names := slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)
	system := m.systemAttributes()
	maps.DeleteFunc(system, func(name, _ string) bool {
		return !slices.Contains(names, "All") && !slices.Contains(names, name)
	})
	user := maps.Clone(m.attributes)
	maps.DeleteFunc(user, func(name string, _ attributeValue) bool {
		return !slices.ContainsFunc(in.MessageAttributeNames, func(want string) bool { return selects(want, name) })
	})
	return messageOutput{
		MessageId:              m.id,
		ReceiptHandle:          m.handle,
		MD5OfBody:              sum([]byte(m.body)),
		Body:                   m.body,
		Attributes:             system,
		MD5OfMessageAttributes: digest(user),
		MessageAttributes:      user,
	}
}

// selects reports whether a filter selects a message attribute: by its name, as All or .*, or
// by a prefix such as bar.*.
func selects(filter, name string) bool {
	prefix, wild := strings.CutSuffix(filter, ".*")
	return filter == "All" || filter == name || wild && strings.HasPrefix(name, prefix)
}
