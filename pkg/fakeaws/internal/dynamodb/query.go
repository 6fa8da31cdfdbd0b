package dynamodb

import (
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/expr"
)

type queryInput struct {
	reading
	KeyConditionExpression *string
	ScanIndexForward       *bool
}

func (s *Service) query(in *queryInput) (*pageOutput, error) {
	r, scope, err := in.prepare(s)
	if err != nil {
		return nil, err
	}
	if in.KeyConditionExpression == nil {
		return nil, validation("Either the KeyConditions or KeyConditionExpression parameter must be " +
			"specified in the request.")
	}
	condition, err := expr.ParseKeyCondition(*in.KeyConditionExpression, scope)
	if err != nil {
		return nil, err
	}
	if err := r.table.checkScope(scope); err != nil {
		return nil, err
	}
	tests, err := newKeyTests(r.view.schema, condition)
	if err != nil {
		return nil, err
	}
	if err := checkFilter(r.view.schema, r.filter); err != nil {
		return nil, err
	}
	r.backward = in.ScanIndexForward != nil && !*in.ScanIndexForward
	r.from, r.to = tests.in(r.view)
	if err := tests.checkStart(r.start); err != nil {
		return nil, err
	}
	return r.page().output(in.ReturnConsumedCapacity), nil
}

// checkFilter refuses a filter on keys, because the key condition tests these.
func checkFilter(s schema, filter expr.Condition) error {
	for _, name := range expr.Attributes(filter) {
		if s.has(name) {
			return validation("Filter Expression can only contain non-primary key attributes: "+
				"Primary key attribute: %s", name)
		}
	}
	return nil
}

// keyTests is a key condition that fits a schema.
type keyTests struct {
	hashName  string
	hash      attr.Value
	rangeTest *expr.KeyTest // nil: any
}

func newKeyTests(s schema, condition expr.KeyCondition) (keyTests, error) {
	var tests keyTests
	for _, t := range condition {
		r, hasRange := s.rangeAttribute()
		switch {
		case t.Attribute == s.hash().name:
			if t.Operator != "=" {
				return tests, validation("Query key condition not supported")
			}
			tests.hashName, tests.hash = t.Attribute, t.Values[0]
		case hasRange && t.Attribute == r.name:
			tests.rangeTest = &t
		default:
			return tests, validation("Query condition missed key schema element: %s", s[len(s)-1].name)
		}
	}
	if tests.hash == nil {
		return tests, validation("Query condition missed key schema element: %s", s.hash().name)
	}
	return tests, checkKeyTypes(s, condition)
}

func checkKeyTypes(s schema, condition expr.KeyCondition) error {
	for _, t := range condition {
		for _, k := range s {
			if k.name != t.Attribute {
				continue
			}
			for _, v := range t.Values {
				if v.Type() != k.typ {
					return invalidParameter("Condition parameter type does not match schema type")
				}
				if attr.Size(v) == 0 {
					return validation("One or more parameter values are not valid. "+
						"The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s",
						emptyName(k.typ), k.name)
				}
			}
		}
	}
	return nil
}

// in returns the range of entries that pass.
func (t keyTests) in(v *view) (from, to int) {
	from, to = v.partition(t.hash)
	if t.rangeTest == nil {
		return from, to
	}
	above := func(e entry) bool { return t.rangeTest.Above(e.keys[1]) }
	to = v.first(from, to, above)
	return v.first(from, to, func(e entry) bool { return t.rangeTest.Holds(e.keys[1]) }), to
}

// checkStart refuses a start key that cannot pass the tests.
func (t keyTests) checkStart(key attr.Item) error {
	switch {
	case key == nil:
	case !attr.Equal(key[t.hashName], t.hash):
		return validation("The provided starting key is outside query boundaries based on provided conditions")
	case t.rangeTest != nil && !t.rangeTest.Holds(key[t.rangeTest.Attribute]):
		return validation("The provided starting key does not match the range key predicate")
	}
	return nil
}
