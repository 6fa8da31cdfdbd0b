package dynamodb

import (
	"math"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/expr"
)

type reading struct {
	TableName              string
	IndexName              *string
	ConsistentRead         bool
	Select                 string
	ProjectionExpression   *string
	FilterExpression       *string
	ExclusiveStartKey      attr.Item
	Limit                  *int
	ReturnConsumedCapacity string
	placeholders
}

// prepare reads the common members of queries and scans. The caller must still check the scope
// for unused placeholders.
func (in *reading) prepare(s *Service) (*reader, *expr.Scope, error) {
	if err := in.checkEnums(); err != nil {
		return nil, nil, err
	}
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, nil, err
	}
	r := &reader{table: t, view: t.items, consistent: in.ConsistentRead, start: in.ExclusiveStartKey, limit: in.Limit}
	if err := in.chooseIndex(r); err != nil {
		return nil, nil, err
	}
	scope, err := in.parse(r)
	if err != nil {
		return nil, nil, err
	}
	if err := in.checkSelect(r); err != nil {
		return nil, nil, err
	}
	return r, scope, r.checkStart()
}

func (in *reading) checkEnums() error {
	if err := checkReturnCapacity(in.ReturnConsumedCapacity); err != nil {
		return err
	}
	if in.Limit != nil {
		if err := within(*in.Limit, 1, math.MaxInt32, "limit", "value"); err != nil {
			return err
		}
	}
	return oneOf("select", in.Select, "SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")
}

func (in *reading) chooseIndex(r *reader) error {
	if in.IndexName == nil {
		return nil
	}
	x, ok := r.table.index(*in.IndexName)
	if !ok {
		return validation("The table does not have the specified index: %s", *in.IndexName)
	}
	if in.ConsistentRead {
		return validation("Consistent reads are not supported on global secondary indexes")
	}
	r.index, r.view = x, x.view
	return nil
}

func (in *reading) parse(r *reader) (*expr.Scope, error) {
	scope, err := in.scope()
	if err != nil {
		return nil, err
	}
	if r.projection, err = projected(in.ProjectionExpression, scope); err != nil {
		return nil, err
	}
	r.filter, err = parsed(expr.KindFilter, in.FilterExpression, scope)
	return scope, err
}

// checkSelect refuses a Select that contradicts the request, or that the index cannot answer.
func (in *reading) checkSelect(r *reader) error {
	r.countOnly = in.Select == "COUNT"
	switch {
	case in.ProjectionExpression != nil && r.countOnly:
		return validation("Cannot specify the ProjectionExpression when choosing to get only the Count")
	case in.ProjectionExpression != nil && in.Select != "" && in.Select != "SPECIFIC_ATTRIBUTES":
		return validation("Cannot specify the ProjectionExpression when choosing to get %s", in.Select)
	case in.ProjectionExpression == nil && in.Select == "SPECIFIC_ATTRIBUTES":
		return validation("Must specify the AttributesToGet or ProjectionExpression when choosing to " +
			"get SPECIFIC_ATTRIBUTES")
	case r.index == nil && in.Select == "ALL_PROJECTED_ATTRIBUTES":
		return validation("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	case r.index == nil:
		return nil
	case in.Select == "ALL_ATTRIBUTES" && r.index.projection.ProjectionType != "ALL":
		return invalidParameter("Select type ALL_ATTRIBUTES is not supported for global secondary index %s because "+
			"its projection type is not ALL", r.index.name)
	}
	return r.checkProjected()
}

func (r *reader) checkProjected() error {
	for _, path := range r.projection {
		if !r.index.projects(path.Attribute()) {
			return invalidParameter("Global secondary index %s does not project [%s]", r.index.name, path.Attribute())
		}
	}
	for _, name := range expr.Attributes(r.filter) {
		if !r.index.projects(name) {
			return invalidParameter("Secondary index %s does not project one or more filter attributes: [%s]",
				r.index.name, name)
		}
	}
	return nil
}

// checkStart refuses a start key that is not exactly a key of the view.
func (r *reader) checkStart() error {
	if r.start == nil {
		return nil
	}
	if len(r.start) != len(r.view.order) {
		return validation("The provided starting key is invalid")
	}
	for _, k := range r.view.order {
		if v, ok := r.start[k.name]; !ok || v.Type() != k.typ {
			return validation("The provided starting key is invalid: The provided key element does " +
				"not match the schema")
		}
	}
	return nil
}
