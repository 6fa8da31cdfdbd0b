package dynamodb

import "github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"

// answering holds the members that control a write's reply. AWS measures item collections only
// in tables with local indexes. There are none here, so that member has no effect in AWS
// either.
type answering struct {
	ReturnValues                string
	ReturnConsumedCapacity      string
	ReturnItemCollectionMetrics string
}

// check refuses values outside the enumerations, and values that only updates may have.
func (a answering) check(allowed ...string) error {
	if err := checkReturnCapacity(a.ReturnConsumedCapacity); err != nil {
		return err
	}
	if err := oneOf("returnItemCollectionMetrics", a.ReturnItemCollectionMetrics, "SIZE", "NONE"); err != nil {
		return err
	}
	err := oneOf("returnValues", a.ReturnValues, "ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW")
	if err == nil && oneOf("returnValues", a.ReturnValues, allowed...) != nil {
		return validation("Return values set to invalid value")
	}
	return err
}

type writeOutput struct {
	Attributes       attr.Item         `json:",omitempty"`
	ConsumedCapacity *consumedCapacity `json:",omitempty"`
}

func (a answering) perform(w write) (outcome, *writeOutput, error) {
	o, err := w.decide()
	if err != nil {
		return o, nil, err
	}
	w.store(o)
	var u usage
	u.written(w.table, o.old, o.new, 1)
	out := &writeOutput{ConsumedCapacity: u.report(w.table.name, a.ReturnConsumedCapacity)}
	if a.ReturnValues == "ALL_OLD" {
		out.Attributes = o.old
	}
	return o, out, nil
}

type putItemInput struct {
	putRequest
	answering
}

func (s *Service) putItem(in *putItemInput) (*writeOutput, error) {
	if err := in.check("NONE", "ALL_OLD"); err != nil {
		return nil, err
	}
	w, err := in.write(s)
	if err != nil {
		return nil, err
	}
	_, out, err := in.perform(w)
	return out, err
}

type deleteItemInput struct {
	deleteRequest
	answering
}

func (s *Service) deleteItem(in *deleteItemInput) (*writeOutput, error) {
	if err := in.check("NONE", "ALL_OLD"); err != nil {
		return nil, err
	}
	w, err := in.write(s)
	if err != nil {
		return nil, err
	}
	_, out, err := in.perform(w)
	return out, err
}
