package dynamodb

import (
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/expr"
)

type updateItemInput struct {
	updateRequest
	answering
}

func (s *Service) updateItem(in *updateItemInput) (*writeOutput, error) {
	if err := in.check("NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"); err != nil {
		return nil, err
	}
	w, update, err := in.update(s)
	if err != nil {
		return nil, err
	}
	o, out, err := in.perform(w)
	if err != nil {
		return nil, err
	}
	switch in.ReturnValues {
	case "UPDATED_OLD":
		out.Attributes = touched(update, o.old)
	case "ALL_NEW":
		out.Attributes = o.new
	case "UPDATED_NEW":
		out.Attributes = touched(update, o.new)
	}
	return out, nil
}

// touched returns the part of an item that an update names. For example, a.b gives only b
// within a. DynamoDB Local returns all of a.
func touched(update *expr.Update, item attr.Item) attr.Item {
	paths := update.Paths()
	if len(paths) == 0 {
		return nil
	}
	return expr.Projection(paths).Of(item)
}
