package sqs

import "time"

// entryID is an entry's answer in batches that return only ids.
type entryID struct{ Id string }

type deleteMessageInput struct{ QueueUrl, ReceiptHandle string }

func (s *Service) deleteMessage(in deleteMessageInput) (empty, error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return empty{}, err
	}
	return empty{}, s.remove(q, in.ReceiptHandle)
}

type deleteMessageBatchInput struct {
	QueueUrl string
	Entries  []deleteEntry
}

type deleteEntry struct{ Id, ReceiptHandle string }

func (e deleteEntry) id() string { return e.Id }

func (s *Service) deleteMessageBatch(in deleteMessageBatchInput) (batchOutput[entryID], error) {
	q, err := s.byURL(in.QueueUrl)
	if err == nil {
		err = checkBatch(in.Entries, deleteEntry.id)
	}
	if err != nil {
		return batchOutput[entryID]{}, err
	}
	return eachEntry(in.Entries, deleteEntry.id, func(e deleteEntry) (entryID, error) {
		return entryID{e.Id}, s.remove(q, e.ReceiptHandle)
	}), nil
}

// remove deletes the message of a receipt. If the message is already deleted, that is no
// error. An older receipt of a message is no error either, but deletes nothing: AWS says that
// it "might not".
func (s *Service) remove(q *queue, handle string) error {
	r, err := q.receipt(handle)
	if err != nil {
		return err
	}
	i := q.find(r.id)
	if i < 0 || q.messages[i].receives != r.n {
		return nil
	}
	if s.keep != nil && s.keep(q.arn, r.id) {
		return nil
	}
	q.messages = append(q.messages[:i:i], q.messages[i+1:]...)
	q.changed()
	return nil
}

// receipt reads a handle, which must belong to this queue.
func (q *queue) receipt(handle string) (receipt, error) {
	if handle == "" {
		return receipt{}, missing("ReceiptHandle")
	}
	r, err := parseReceipt(handle)
	if err == nil && r.queue != q.arn {
		err = badHandle(handle)
	}
	return r, err
}

type changeMessageVisibilityInput struct {
	QueueUrl, ReceiptHandle string
	VisibilityTimeout       *int
}

func (s *Service) changeMessageVisibility(in changeMessageVisibilityInput) (empty, error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return empty{}, err
	}
	return empty{}, q.changeVisibility(in.ReceiptHandle, in.VisibilityTimeout)
}

type changeMessageVisibilityBatchInput struct {
	QueueUrl string
	Entries  []visibilityEntry
}

type visibilityEntry struct {
	Id, ReceiptHandle string
	VisibilityTimeout *int
}

func (e visibilityEntry) id() string { return e.Id }

func (s *Service) changeMessageVisibilityBatch(in changeMessageVisibilityBatchInput) (batchOutput[entryID], error) {
	q, err := s.byURL(in.QueueUrl)
	if err == nil {
		err = checkBatch(in.Entries, visibilityEntry.id)
	}
	if err != nil {
		return batchOutput[entryID]{}, err
	}
	return eachEntry(in.Entries, visibilityEntry.id, func(e visibilityEntry) (entryID, error) {
		return entryID{e.Id}, q.changeVisibility(e.ReceiptHandle, e.VisibilityTimeout)
	}), nil
}

// changeVisibility counts the new timeout from now. 0 makes the message visible at once. It
// also works after the timeout has passed, if no client has received the message again.
func (q *queue) changeVisibility(handle string, timeout *int) error {
	r, err := q.receipt(handle)
	if err != nil {
		return err
	}
	if timeout == nil {
		return missing("VisibilityTimeout")
	}
	if *timeout < 0 || *timeout > numbers["VisibilityTimeout"].max {
		return invalidValue(*timeout, "VisibilityTimeout", "VisibilityTimeout must be an integer between 0 and 43200.")
	}
	i := q.find(r.id)
	if i < 0 || q.messages[i].receives != r.n {
		return invalidValue(handle, "ReceiptHandle",
			"Message does not exist or is not available for visibility timeout change.")
	}
	q.messages[i].visible = time.Now().Add(time.Duration(*timeout) * time.Second)
	q.changed()
	return nil
}
