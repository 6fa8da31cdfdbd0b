package sqs

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// A redrive policy limits the receives of a message. After max receives without a delete, the
// message goes to the dead-letter queue.
type redrive struct {
	target string // the dead-letter queue's ARN
	max    int    // 1 to 1000
}

func (s *Service) parseRedrive(text string) (*redrive, error) {
	r := readRedrive(text)
	if text == "" {
		return nil, nil
	}
	bad := func(reason string) error { return invalidValue(text, "RedrivePolicy", reason) }
	switch {
	case r == nil:
		return nil, bad("Amazon SQS can't create the redrive policy, as it's in an unsupported format.")
	case r.target == "":
		return nil, bad("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
	case r.max < 1 || r.max > 1000:
		return nil, bad(fmt.Sprintf("Invalid value for maxReceiveCount: %d, "+
			"valid values are from 1 to 1000 both inclusive.", r.max))
	}
	if _, err := s.byARN(r.target); err != nil {
		return nil, bad("Dead letter target does not exist.")
	}
	return r, nil
}

// readRedrive reads a redrive policy, or returns nil. As in AWS, the count may be a number or
// a string.
func readRedrive(text string) *redrive {
	var policy struct {
		Target string          `json:"deadLetterTargetArn"`
		Max    json.RawMessage `json:"maxReceiveCount"`
	}
	if json.Unmarshal([]byte(text), &policy) != nil {
		return nil
	}
	number := string(policy.Max)
	if unquoted, err := strconv.Unquote(number); err == nil {
		number = unquoted
	}
	max, _ := strconv.Atoi(number)
	return &redrive{target: policy.Target, max: max}
}

func (r *redrive) text() string {
	if r == nil {
		return ""
	}
	return fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, r.target, r.max)
}

// redriveDead moves visible messages with too many receives to the dead-letter queue. AWS does
// so when a receive finds them. A message keeps its id, enqueue time and receive count.
func (s *Service) redriveDead(q *queue, now time.Time) {
	if q.redrive == nil {
		return
	}
	target, err := s.byARN(q.redrive.target)
	if err != nil {
		return // the dead-letter queue is deleted: messages stay
	}
	var kept, dead []*message
	for _, m := range q.messages {
		if m.visible.After(now) || m.receives < q.redrive.max {
			kept = append(kept, m)
			continue
		}
		m.source = q.arn
		dead = append(dead, m)
	}
	if len(dead) == 0 {
		return
	}
	q.messages = kept
	target.messages = append(target.messages, dead...)
	q.changed()
	target.changed()
}
