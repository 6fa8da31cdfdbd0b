package sqs

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

type createQueueInput struct {
	QueueName  string
	Attributes map[string]string
}

type queueURL struct{ QueueUrl string }

func (s *Service) createQueue(in createQueueInput) (queueURL, error) {
	if err := checkName(in); err != nil {
		return queueURL{}, err
	}
	if q := s.queues[in.QueueName]; q != nil {
		return queueURL{q.url}, q.sameAs(in.Attributes)
	}
	if at, ok := s.deleted[in.QueueName]; ok && time.Since(at) < time.Minute {
		return queueURL{}, &api.Error{
			Code: "QueueDeletedRecently",
			Message: "You must wait 60 seconds after deleting a queue before you can create " +
				"another with the same name.",
		}
	}
	q := s.newQueue(in.QueueName)
	if err := s.configure(q, in.Attributes); err != nil {
		return queueURL{}, err
	}
	s.queues[q.name] = q
	return queueURL{q.url}, nil
}

func checkName(in createQueueInput) error {
	_, fifo := in.Attributes["FifoQueue"]
	switch {
	case in.QueueName == "":
		return missing("QueueName")
	case fifo || strings.HasSuffix(in.QueueName, ".fifo"):
		return unsupported("The embedded SQS has standard queues only; %s is a FIFO queue.", in.QueueName)
	case len(in.QueueName) > 80, !queueName.MatchString(in.QueueName):
		return invalid("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	return nil
}

func (s *Service) newQueue(name string) *queue {
	now := time.Now()
	return &queue{
		name:       name,
		arn:        s.arnPrefix() + name,
		url:        "https://sqs." + s.region + ".amazonaws.com/" + s.account + "/" + name,
		created:    now,
		modified:   now,
		attributes: defaults(),
		waiting:    make(map[chan struct{}]bool),
	}
}

// sameAs returns an error if a queue with the given attributes would differ. Like AWS, it
// compares only the attributes in the request.
func (q *queue) sameAs(attributes map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value := attributes[name]
		if name == "RedrivePolicy" {
			value = readRedrive(value).text()
		}
		if q.attributes[name] != value {
			return &api.Error{
				Code:    "QueueNameExists",
				Message: "A queue already exists with the same name and a different value for attribute " + name,
			}
		}
	}
	return nil
}

type getQueueURLInput struct{ QueueName, QueueOwnerAWSAccountId string }

func (s *Service) getQueueURL(in getQueueURLInput) (queueURL, error) {
	q := s.queues[in.QueueName]
	if q == nil || in.QueueOwnerAWSAccountId != "" && in.QueueOwnerAWSAccountId != s.account {
		return queueURL{}, noQueue()
	}
	return queueURL{q.url}, nil
}

type listQueuesInput struct {
	QueueNamePrefix string
	MaxResults      int
	NextToken       string
}

type listQueuesOutput struct {
	QueueUrls []string `json:",omitempty"`
	NextToken string   `json:",omitempty"`
}

func (s *Service) listQueues(in listQueuesInput) (listQueuesOutput, error) {
	var out listQueuesOutput
	for _, name := range slices.Sorted(maps.Keys(s.queues)) {
		if !strings.HasPrefix(name, in.QueueNamePrefix) || name < in.NextToken {
			continue
		}
		if in.MaxResults > 0 && len(out.QueueUrls) == in.MaxResults {
			out.NextToken = name
			break
		}
		out.QueueUrls = append(out.QueueUrls, s.queues[name].url)
	}
	return out, nil
}

func (s *Service) deleteQueue(in queueURL) (empty, error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return empty{}, err
	}
	delete(s.queues, q.name)
	s.deleted[q.name] = time.Now()
	q.changed()
	return empty{}, nil
}

func (s *Service) purgeQueue(in queueURL) (empty, error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return empty{}, err
	}
	now := time.Now()
	if !q.purged.IsZero() && now.Sub(q.purged) < time.Minute {
		return empty{}, &api.Error{
			Code:    "PurgeQueueInProgress",
			Message: "Only one PurgeQueue operation on " + q.name + " is allowed every 60 seconds.",
			Status:  http.StatusForbidden,
		}
	}
	q.purged = now
	q.messages = nil
	q.changed()
	return empty{}, nil
}
