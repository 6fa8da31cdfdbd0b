package dynamodb

import (
	"maps"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

// keysOfTable holds the keys that a batch reads from one table.
type keysOfTable struct {
	Keys                     []attr.Item
	ProjectionExpression     *string
	ExpressionAttributeNames map[string]string
	ConsistentRead           bool
}

type batchGetItemInput struct {
	RequestItems           map[string]keysOfTable
	ReturnConsumedCapacity string
}

type batchGetItemOutput struct {
	Responses        map[string][]attr.Item
	UnprocessedKeys  struct{}           // this account always has the capacity
	ConsumedCapacity []consumedCapacity `json:",omitempty"`
}

const maxBatchGet = 100

func (s *Service) batchGetItem(in *batchGetItemInput) (*batchGetItemOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	out := &batchGetItemOutput{Responses: make(map[string][]attr.Item)}
	used := make(usages)
	bytes := 0
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		found, err := in.RequestItems[name].read(s, name)
		if err != nil {
			return nil, err
		}
		out.Responses[name] = []attr.Item{}
		for _, f := range found {
			bytes += f.size
			used.of(f.table.name).read.table += readUnits(f.size, in.RequestItems[name].ConsistentRead)
			if f.item != nil {
				out.Responses[name] = append(out.Responses[name], f.item)
			}
		}
	}
	if bytes > maxBatchBytes {
		return nil, validation("The embedded account answers at most 16 MB at once and leaves no keys unprocessed")
	}
	out.ConsumedCapacity = used.report(in.ReturnConsumedCapacity)
	return out, nil
}

// maxBatchBytes is the size from which AWS leaves keys unprocessed.
const maxBatchBytes = 16 << 20

func (in *batchGetItemInput) check() error {
	if err := checkReturnCapacity(in.ReturnConsumedCapacity); err != nil {
		return err
	}
	if len(in.RequestItems) == 0 {
		return constraint("{}", "requestItems", "have length greater than or equal to 1")
	}
	keys := 0
	for name, k := range in.RequestItems {
		if len(k.Keys) == 0 {
			return constraint("[]", "requestItems."+name+".member.keys", "have length greater than or equal to 1")
		}
		keys += len(k.Keys)
	}
	if keys > maxBatchGet {
		return validation("Too many items requested for the BatchGetItem call")
	}
	return nil
}

func (k keysOfTable) read(s *Service, name string) ([]found, error) {
	t, err := s.table(name)
	if err != nil {
		return nil, err
	}
	projection, err := t.parseProjection(k.ProjectionExpression, k.ExpressionAttributeNames)
	if err != nil {
		return nil, err
	}
	var (
		all  []found
		keys distinct
	)
	for _, key := range k.Keys {
		f, err := t.read(key, projection)
		if err != nil {
			return nil, err
		}
		if !keys.add(t, key) {
			return nil, errRepeatedKey
		}
		all = append(all, f)
	}
	return all, nil
}

var errRepeatedKey = validation("Provided list of item keys contains duplicates")

// distinct is the set of items that one request names.
type distinct []itemKey

type itemKey struct {
	table *table
	key   attr.Item
}

// add adds the item and reports whether it is new.
func (d *distinct) add(t *table, key attr.Item) bool {
	same := func(k itemKey) bool { return k.table == t && attr.Equal(attr.Map(k.key), attr.Map(key)) }
	if slices.ContainsFunc(*d, same) {
		return false
	}
	*d = append(*d, itemKey{t, key})
	return true
}
