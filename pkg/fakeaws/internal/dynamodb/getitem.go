package dynamodb

import (
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/expr"
)

type getRequest struct {
	TableName            string
	Key                  attr.Item
	ProjectionExpression *string

	ExpressionAttributeNames map[string]string
}

// found is the result of a read.
type found struct {
	table *table
	item  attr.Item // nil: no item
	size  int       // before the projection, for the capacity units
}

func (in *getRequest) read(s *Service) (found, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return found{}, err
	}
	projection, err := t.parseProjection(in.ProjectionExpression, in.ExpressionAttributeNames)
	if err != nil {
		return found{}, err
	}
	return t.read(in.Key, projection)
}

// read returns the item with a key. A nil projection returns all of it.
func (t *table) read(key attr.Item, projection expr.Projection) (found, error) {
	if err := t.key().checkKey(key); err != nil {
		return found{}, err
	}
	item := t.get(key)
	f := found{t, item, item.Size()}
	if item != nil && projection != nil {
		f.item = projection.Of(item)
	}
	return f, nil
}

// parseProjection reads the projection of a request without other expressions.
func (t *table) parseProjection(text *string, names map[string]string) (expr.Projection, error) {
	p := placeholders{ExpressionAttributeNames: names}
	if err := p.checkExpressions("ProjectionExpression is", text); err != nil {
		return nil, err
	}
	scope, err := p.scope()
	if err != nil {
		return nil, err
	}
	projection, err := projected(text, scope)
	if err != nil {
		return nil, err
	}
	return projection, t.checkScope(scope)
}

type getItemInput struct {
	getRequest
	ConsistentRead         bool
	ReturnConsumedCapacity string
}

type getItemOutput struct {
	Item             *attr.Item        `json:",omitempty"`
	ConsumedCapacity *consumedCapacity `json:",omitempty"`
}

func (s *Service) getItem(in *getItemInput) (*getItemOutput, error) {
	if err := checkReturnCapacity(in.ReturnConsumedCapacity); err != nil {
		return nil, err
	}
	f, err := in.read(s)
	if err != nil {
		return nil, err
	}
	var u usage
	u.read.table = readUnits(f.size, in.ConsistentRead)
	return &getItemOutput{f.answer(), u.report(f.table.name, in.ReturnConsumedCapacity)}, nil
}

// answer returns the item for a reply, in which no item and an empty one differ.
func (f found) answer() *attr.Item {
	if f.item == nil {
		return nil
	}
	return &f.item
}
