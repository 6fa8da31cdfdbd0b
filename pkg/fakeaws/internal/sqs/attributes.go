package sqs

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// numbers holds the attributes that are whole numbers, with their range and their initial
// value. Times are in seconds, sizes in bytes.
var numbers = map[string]struct{ min, max, initial int }{
	"DelaySeconds":                  {0, 900, 0},
	"MaximumMessageSize":            {1024, 1 << 20, 1 << 20},
	"MessageRetentionPeriod":        {60, 1209600, 345600},
	"ReceiveMessageWaitTimeSeconds": {0, 20, 0},
	"VisibilityTimeout":             {0, 43200, 30},
}

// texts holds the attributes that are stored and returned without any effect.
var texts = map[string]bool{"Policy": true, "RedriveAllowPolicy": true, "SqsManagedSseEnabled": true}

func defaults() map[string]string {
	attributes := map[string]string{"SqsManagedSseEnabled": "true"}
	for name, n := range numbers {
		attributes[name] = strconv.Itoa(n.initial)
	}
	return attributes
}

func (q *queue) number(name string) int {
	n, _ := strconv.Atoi(q.attributes[name]) // checked when it was set
	return n
}

func (q *queue) seconds(name string) time.Duration {
	return time.Duration(q.number(name)) * time.Second
}

// configure sets all the given attributes, or none if one is refused.
func (s *Service) configure(q *queue, attributes map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if err := s.checkAttribute(name, attributes[name]); err != nil {
			return err
		}
	}
	for name, value := range attributes {
		q.set(name, value)
	}
	return nil
}

func (s *Service) checkAttribute(name, value string) error {
	if r, ok := numbers[name]; ok {
		n, err := strconv.Atoi(value)
		if err != nil || n < r.min || n > r.max {
			return &api.Error{Code: "InvalidAttributeValue", Message: "Invalid value for the parameter " + name + "."}
		}
		return nil
	}
	if name == "RedrivePolicy" {
		_, err := s.parseRedrive(value)
		return err
	}
	if !texts[name] {
		return unknownAttribute(name)
	}
	return nil
}

// set stores a checked attribute. An empty text removes it.
func (q *queue) set(name, value string) {
	if name == "RedrivePolicy" {
		q.redrive = readRedrive(value)
		value = q.redrive.text()
	}
	if value == "" {
		delete(q.attributes, name)
		return
	}
	q.attributes[name] = value
}

type setQueueAttributesInput struct {
	QueueUrl   string
	Attributes map[string]string
}

func (s *Service) setQueueAttributes(in setQueueAttributesInput) (empty, error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return empty{}, err
	}
	if err := s.configure(q, in.Attributes); err != nil {
		return empty{}, err
	}
	q.modified = time.Now()
	q.changed()
	return empty{}, nil
}

type getQueueAttributesInput struct {
	QueueUrl       string
	AttributeNames []string
}

type attributesOutput struct {
	Attributes map[string]string `json:",omitempty"`
}

func (s *Service) getQueueAttributes(in getQueueAttributesInput) (attributesOutput, error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return attributesOutput{}, err
	}
	all := q.read(time.Now())
	if slices.Contains(in.AttributeNames, "All") {
		return attributesOutput{all}, nil
	}
	wanted := make(map[string]string)
	for _, name := range in.AttributeNames {
		if value, ok := all[name]; ok {
			wanted[name] = value
		} else if name != "RedrivePolicy" && !texts[name] {
			return attributesOutput{}, unknownAttribute(name)
		}
	}
	return attributesOutput{wanted}, nil
}

// read returns every attribute of the queue, including the computed ones.
func (q *queue) read(now time.Time) map[string]string {
	q.expire(now)
	var visible, delayed, inFlight int
	for _, m := range q.messages {
		switch {
		case !m.visible.After(now):
			visible++
		case m.delayed:
			delayed++
		default:
			inFlight++
		}
	}
	all := maps.Clone(q.attributes)
	all["QueueArn"] = q.arn
	all["CreatedTimestamp"] = strconv.FormatInt(q.created.Unix(), 10)
	all["LastModifiedTimestamp"] = strconv.FormatInt(q.modified.Unix(), 10)
	all["ApproximateNumberOfMessages"] = strconv.Itoa(visible)
	all["ApproximateNumberOfMessagesDelayed"] = strconv.Itoa(delayed)
	all["ApproximateNumberOfMessagesNotVisible"] = strconv.Itoa(inFlight)
	return all
}
