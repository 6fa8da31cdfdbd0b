package dynamodb

import (
	"maps"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

// batchedWrite is a put or a delete. In a batch, neither has a condition.
type batchedWrite struct {
	PutRequest    *struct{ Item attr.Item }
	DeleteRequest *struct{ Key attr.Item }
}

type batchWriteItemInput struct {
	RequestItems                map[string][]batchedWrite
	ReturnConsumedCapacity      string
	ReturnItemCollectionMetrics string
}

type batchWriteItemOutput struct {
	UnprocessedItems struct{}           // this account always has the capacity
	ConsumedCapacity []consumedCapacity `json:",omitempty"`
}

const maxBatchWrite = 25

// batchWriteItem checks all writes before it stores any.
func (s *Service) batchWriteItem(in *batchWriteItemInput) (*batchWriteItemOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	writes, err := in.writes(s)
	if err != nil {
		return nil, err
	}
	outcomes := make([]outcome, len(writes))
	for i, w := range writes {
		if outcomes[i], err = w.decide(); err != nil {
			return nil, err
		}
	}
	used := make(usages)
	for i, w := range writes {
		w.store(outcomes[i])
		used.of(w.table.name).written(w.table, outcomes[i].old, outcomes[i].new, 1)
	}
	return &batchWriteItemOutput{ConsumedCapacity: used.report(in.ReturnConsumedCapacity)}, nil
}

func (in *batchWriteItemInput) check() error {
	if err := (answering{
		ReturnConsumedCapacity:      in.ReturnConsumedCapacity,
		ReturnItemCollectionMetrics: in.ReturnItemCollectionMetrics,
	}).check(); err != nil {
		return err
	}
	n := 0
	for _, list := range in.RequestItems {
		if len(list) == 0 {
			return validation("The batch write request list for a table cannot be null or empty")
		}
		n += len(list)
	}
	switch {
	case n == 0:
		return constraint("{}", "requestItems", "have length greater than or equal to 1")
	case n > maxBatchWrite:
		return validation("Too many items requested for the BatchWriteItem call")
	}
	return nil
}

func (in *batchWriteItemInput) writes(s *Service) ([]write, error) {
	var (
		writes []write
		keys   distinct
	)
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		for _, b := range in.RequestItems[name] {
			w, err := b.write(s, name)
			if err != nil {
				return nil, err
			}
			if !keys.add(w.table, w.key) {
				return nil, errRepeatedKey
			}
			writes = append(writes, w)
		}
	}
	return writes, nil
}

func (b batchedWrite) write(s *Service, table string) (write, error) {
	target := conditional{TableName: table}
	switch {
	case (b.PutRequest == nil) == (b.DeleteRequest == nil):
		return write{}, validation("Supplied AttributeValue has more than one datatypes set, " +
			"must contain exactly one of the supported datatypes")
	case b.PutRequest != nil:
		return (&putRequest{target, b.PutRequest.Item}).write(s)
	}
	return (&deleteRequest{target, b.DeleteRequest.Key}).write(s)
}
