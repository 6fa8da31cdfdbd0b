package dynamodb

import (
	"maps"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/expr"
)

// updateRequest changes an item, or creates one from its key.
type updateRequest struct {
	conditional
	Key              attr.Item
	UpdateExpression *string
}

// update returns the prepared request. Without an expression, its expr.Update does nothing.
func (in *updateRequest) update(s *Service) (write, *expr.Update, error) {
	err := in.checkExpressions("UpdateExpression and ConditionExpression are", in.UpdateExpression,
		in.ConditionExpression)
	if err != nil {
		return write{}, nil, err
	}
	w, scope, err := in.prepare(s)
	if err != nil {
		return write{}, nil, err
	}
	update := new(expr.Update)
	if in.UpdateExpression != nil {
		if update, err = expr.ParseUpdate(*in.UpdateExpression, scope); err != nil {
			return write{}, nil, err
		}
	}
	if err := checkUpdate(w.table.key(), in.Key, update); err != nil {
		return write{}, nil, err
	}
	w.key = in.Key
	w.change = func(old attr.Item) (attr.Item, error) { return applied(update, in.Key, old) }
	return w, update, w.table.checkScope(scope)
}

func (in *updateRequest) write(s *Service) (write, error) {
	w, _, err := in.update(s)
	return w, err
}

// checkUpdate refuses a wrong key, and an update of the key.
func checkUpdate(s schema, key attr.Item, update *expr.Update) error {
	if err := s.checkKey(key); err != nil {
		return err
	}
	for _, path := range update.Paths() {
		if s.has(path.Attribute()) {
			return invalidParameter("Cannot update attribute %s. This attribute is part of the key", path.Attribute())
		}
	}
	return nil
}

func applied(update *expr.Update, key, old attr.Item) (attr.Item, error) {
	if old == nil {
		old = maps.Clone(key)
	}
	new, err := update.Apply(old)
	if err != nil {
		return nil, err
	}
	if new.Size() > maxItem {
		return nil, validation("Item size to update has exceeded the maximum allowed size")
	}
	return new, nil
}
