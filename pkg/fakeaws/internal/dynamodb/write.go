package dynamodb

import (
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/expr"
)

// write is one write of one item, after all checks that do not need the existing item.
type write struct {
	table     *table
	key       attr.Item
	condition expr.Condition // nil: always
	returnOld bool           // a failed condition carries the old item

	// change returns the new item for the old one. nil means no item.
	change func(old attr.Item) (attr.Item, error)
}

type outcome struct {
	old, new attr.Item // nil: no item
}

// decide tests the condition and computes the new item. It stores nothing.
func (w write) decide() (outcome, error) {
	old := w.table.get(w.key)
	if w.condition != nil && !w.condition.Holds(old) {
		if !w.returnOld {
			return outcome{}, conditionFailed(nil)
		}
		return outcome{}, conditionFailed(old)
	}
	new, err := w.change(old)
	if err != nil {
		return outcome{}, err
	}
	return outcome{old, new}, w.table.checkIndexKeys(new)
}

func (w write) store(o outcome) { w.table.replace(o.old, o.new) }

// conditional holds the members of every write that may have a condition.
type conditional struct {
	TableName                           string
	ConditionExpression                 *string
	ReturnValuesOnConditionCheckFailure string
	placeholders
}

func (in *conditional) checkEnums() error {
	return oneOf("returnValuesOnConditionCheckFailure", in.ReturnValuesOnConditionCheckFailure, "ALL_OLD", "NONE")
}

// prepare reads the common members of all writes. The caller must still check the scope for
// unused placeholders.
func (in *conditional) prepare(s *Service) (write, *expr.Scope, error) {
	if err := in.checkEnums(); err != nil {
		return write{}, nil, err
	}
	t, err := s.table(in.TableName)
	if err != nil {
		return write{}, nil, err
	}
	scope, err := in.scope()
	if err != nil {
		return write{}, nil, err
	}
	condition, err := parsed(expr.KindCondition, in.ConditionExpression, scope)
	w := write{table: t, condition: condition, returnOld: in.ReturnValuesOnConditionCheckFailure == "ALL_OLD"}
	return w, scope, err
}

// prepareSimple is prepare for a write with no expression but its condition.
func (in *conditional) prepareSimple(s *Service) (write, error) {
	if err := in.checkExpressions("ConditionExpression is", in.ConditionExpression); err != nil {
		return write{}, err
	}
	w, scope, err := in.prepare(s)
	if err != nil {
		return write{}, err
	}
	return w, w.table.checkScope(scope)
}

type putRequest struct {
	conditional
	Item attr.Item
}

func (in *putRequest) write(s *Service) (write, error) {
	w, err := in.prepareSimple(s)
	if err != nil {
		return write{}, err
	}
	if in.Item == nil {
		return write{}, constraint("null", "item", "not be null")
	}
	if err := w.table.key().checkItem(in.Item); err != nil {
		return write{}, err
	}
	if in.Item.Size() > maxItem {
		return write{}, validation("Item size has exceeded the maximum allowed size")
	}
	w.key = w.table.key().keyOf(in.Item)
	w.change = func(attr.Item) (attr.Item, error) { return in.Item, nil }
	return w, nil
}

// deleteRequest removes an item, if it exists.
type deleteRequest struct {
	conditional
	Key attr.Item
}

func (in *deleteRequest) write(s *Service) (write, error) {
	w, err := in.prepareSimple(s)
	if err != nil {
		return write{}, err
	}
	w.key = in.Key
	w.change = func(attr.Item) (attr.Item, error) { return nil, nil }
	return w, w.table.key().checkKey(in.Key)
}

// checkRequest is the ConditionCheck of a transaction: a write without a change.
type checkRequest struct {
	conditional
	Key attr.Item
}

func (in *checkRequest) write(s *Service) (write, error) {
	if in.ConditionExpression == nil {
		return write{}, constraint("null", "transactItems.member.conditionCheck.conditionExpression", "not be null")
	}
	w, err := in.prepareSimple(s)
	if err != nil {
		return write{}, err
	}
	w.key = in.Key
	w.change = func(old attr.Item) (attr.Item, error) { return old, nil }
	return w, w.table.key().checkKey(in.Key)
}
