package dynamodb

import "github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"

type transactGetItemsInput struct {
	TransactItems          []struct{ Get *getRequest }
	ReturnConsumedCapacity string
}

type transactGetItemsOutput struct {
	Responses        []itemAnswer
	ConsumedCapacity []consumedCapacity `json:",omitempty"`
}

type itemAnswer struct {
	Item *attr.Item `json:",omitempty"`
}

func (s *Service) transactGetItems(in *transactGetItemsInput) (*transactGetItemsOutput, error) {
	if err := checkReturnCapacity(in.ReturnConsumedCapacity); err != nil {
		return nil, err
	}
	if err := within(len(in.TransactItems), 1, maxTransaction, "transactItems", "length"); err != nil {
		return nil, err
	}
	out := new(transactGetItemsOutput)
	used := make(usages)
	var keys distinct
	bytes := 0
	for _, item := range in.TransactItems {
		if item.Get == nil {
			return nil, constraint("null", "transactItems.member.get", "not be null")
		}
		f, err := item.Get.read(s)
		if err != nil {
			return nil, err
		}
		if !keys.add(f.table, item.Get.Key) {
			return nil, errTwiceInTransaction
		}
		if bytes += f.size; bytes > maxTransactionBytes {
			return nil, errLargeTransaction
		}
		used.of(f.table.name).read.table += 2 * readUnits(f.size, true)
		out.Responses = append(out.Responses, itemAnswer{f.answer()})
	}
	out.ConsumedCapacity = used.reportTransaction(in.ReturnConsumedCapacity)
	return out, nil
}
