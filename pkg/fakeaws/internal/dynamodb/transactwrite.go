package dynamodb

// transactedWrite has exactly one of its members.
type transactedWrite struct {
	Put            *putRequest
	Update         *updateRequest
	Delete         *deleteRequest
	ConditionCheck *checkRequest
}

type transactWriteItemsInput struct {
	TransactItems               []transactedWrite
	ClientRequestToken          string
	ReturnConsumedCapacity      string
	ReturnItemCollectionMetrics string
}

type transactWriteItemsOutput struct {
	ConsumedCapacity []consumedCapacity `json:",omitempty"`
}

// The limits of a transaction [API reference of TransactWriteItems]: "up to 100 items", and
// "the aggregate size of the items in the transaction cannot exceed 4 MB".
const (
	maxTransaction      = 100
	maxTransactionBytes = 4 << 20
	maxToken            = 36
)

// errLargeTransaction is a ValidationException by the API reference. AWS does not document its
// text [?].
var errLargeTransaction = validation("The aggregate size of the items in the transaction cannot exceed 4 MB")

var errTwiceInTransaction = validation("Transaction request cannot include multiple operations on one item")

// transactWriteItems performs all of its writes or none.
func (s *Service) transactWriteItems(in *transactWriteItemsInput) (*transactWriteItemsOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	writes, err := in.writes(s)
	if err != nil {
		return nil, err
	}
	used, err := s.once(in, writes)
	return &transactWriteItemsOutput{used.reportTransaction(in.ReturnConsumedCapacity)}, err
}

func (in *transactWriteItemsInput) check() error {
	if err := (answering{
		ReturnConsumedCapacity:      in.ReturnConsumedCapacity,
		ReturnItemCollectionMetrics: in.ReturnItemCollectionMetrics,
	}).check(); err != nil {
		return err
	}
	if err := within(len(in.TransactItems), 1, maxTransaction, "transactItems", "length"); err != nil {
		return err
	}
	return within(len(in.ClientRequestToken), 0, maxToken, "clientRequestToken", "length")
}

func (in *transactWriteItemsInput) writes(s *Service) ([]write, error) {
	var (
		writes []write
		items  distinct
	)
	for _, t := range in.TransactItems {
		w, err := t.write(s)
		if err != nil {
			return nil, err
		}
		if !items.add(w.table, w.key) {
			return nil, errTwiceInTransaction
		}
		writes = append(writes, w)
	}
	return writes, nil
}

func (t transactedWrite) write(s *Service) (write, error) {
	var given []func(*Service) (write, error)
	if t.Put != nil {
		given = append(given, t.Put.write)
	}
	if t.Update != nil {
		given = append(given, t.updateWrite)
	}
	if t.Delete != nil {
		given = append(given, t.Delete.write)
	}
	if t.ConditionCheck != nil {
		given = append(given, t.ConditionCheck.write)
	}
	if len(given) != 1 {
		return write{}, validation("TransactItems can only contain one of Check, Put, Update or Delete")
	}
	return given[0](s)
}

// updateWrite returns an update. In a transaction, an update must have an expression.
func (t transactedWrite) updateWrite(s *Service) (write, error) {
	if t.Update.UpdateExpression == nil {
		return write{}, constraint("null", "transactItems.member.update.updateExpression", "not be null")
	}
	return t.Update.write(s)
}

// transact decides all writes, then stores them. A write costs twice as much as alone.
func transact(writes []write) (usages, error) {
	outcomes := make([]outcome, len(writes))
	reasons := make([]cancellation, len(writes))
	bytes := 0
	for i, w := range writes {
		var err error
		outcomes[i], err = w.decide()
		reasons[i] = cancellationOf(err)
		bytes += max(outcomes[i].old.Size(), outcomes[i].new.Size())
	}
	if err := canceled(reasons); err != nil {
		return nil, err
	}
	if bytes > maxTransactionBytes {
		return nil, errLargeTransaction
	}
	used := make(usages)
	for i, w := range writes {
		w.store(outcomes[i])
		used.of(w.table.name).written(w.table, outcomes[i].old, outcomes[i].new, 2)
	}
	return used, nil
}
