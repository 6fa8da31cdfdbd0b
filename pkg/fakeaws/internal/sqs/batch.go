package sqs

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

var batchID = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// batchOutput answers each entry. The call succeeds even if some entries fail.
type batchOutput[R any] struct {
	Successful []R
	Failed     []batchFailure `json:",omitempty"`
}

type batchFailure struct {
	Id, Code, Message string
	SenderFault       bool
}

// eachEntry performs the entries of a batch in order.
func eachEntry[E, R any](entries []E, id func(E) string, do func(E) (R, error)) batchOutput[R] {
	out := batchOutput[R]{Successful: []R{}}
	for _, e := range entries {
		r, err := do(e)
		if refusal, ok := errors.AsType[*api.Error](err); ok {
			out.Failed = append(out.Failed, batchFailure{id(e), queryCode(refusal.Code), refusal.Message, true})
			continue
		}
		out.Successful = append(out.Successful, r)
	}
	return out
}

// checkBatch refuses a whole batch because of the number or the ids of its entries.
func checkBatch[E any](entries []E, id func(E) string) error {
	switch n := len(entries); {
	case n == 0:
		return &api.Error{Code: "EmptyBatchRequest", Message: "There should be at least one entry in the request."}
	case n > 10:
		return &api.Error{
			Code:    "TooManyEntriesInBatchRequest",
			Message: fmt.Sprintf("Maximum number of entries per request are 10. You have sent %d.", n),
		}
	}
	seen := make(map[string]bool)
	for _, e := range entries {
		if len(id(e)) > 80 || !batchID.MatchString(id(e)) {
			return &api.Error{
				Code: "InvalidBatchEntryId",
				Message: "A batch entry id can only contain alphanumeric characters, hyphens and underscores. " +
					"It can be at most 80 letters long.",
			}
		}
		if seen[id(e)] {
			return &api.Error{Code: "BatchEntryIdsNotDistinct", Message: "Id " + id(e) + " repeated."}
		}
		seen[id(e)] = true
	}
	return nil
}

type sendMessageBatchInput struct {
	QueueUrl string
	Entries  []sendEntry
}

type sendEntry struct {
	Id string
	sendInput
}

func (e sendEntry) id() string { return e.Id }

func (s *Service) sendMessageBatch(in sendMessageBatchInput) (batchOutput[sendOutput], error) {
	q, err := s.byURL(in.QueueUrl)
	if err == nil {
		err = checkBatch(in.Entries, sendEntry.id)
	}
	if err == nil {
		err = checkBytes(in.Entries)
	}
	if err != nil {
		return batchOutput[sendOutput]{}, err
	}
	return eachEntry(in.Entries, sendEntry.id, func(e sendEntry) (sendOutput, error) {
		out, err := q.send(e.sendInput)
		out.Id = e.Id
		return out, err
	}), nil
}

func checkBytes(entries []sendEntry) error {
	n := 0
	for _, e := range entries {
		m := message{body: e.MessageBody, attributes: e.MessageAttributes}
		n += m.size()
	}
	if n > maxBytes {
		return &api.Error{
			Code: "BatchRequestTooLong",
			Message: fmt.Sprintf("Batch requests cannot be longer than %d bytes. You have sent %d bytes.",
				maxBytes, n),
		}
	}
	return nil
}
