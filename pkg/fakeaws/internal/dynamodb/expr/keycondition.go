package expr

import (
	"errors"
	"fmt"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

// KeyCondition is a query's condition on keys: one or two tests, of different attributes.
type KeyCondition []KeyTest

// KeyTest is the test of one key attribute.
type KeyTest struct {
	Attribute string
	Operator  string       // =, <, <=, >, >=, BETWEEN or begins_with
	Values    []attr.Value // two for BETWEEN, else one
}

var (
	errNestedKey = errors.New("KeyConditionExpressions cannot contain nested operations")
	errNoKey     = errors.New("Invalid condition in KeyConditionExpression: No key attribute specified")
	errTwoKeys   = errors.New("Invalid condition in KeyConditionExpression: " +
		"Multiple attribute names used in one condition")
	errOnePerKey = errors.New("KeyConditionExpressions must only contain one condition per key")
	errTooMany   = errors.New("Conditions can be of length 1 or 2 only")
)

// ParseKeyCondition reads a KeyConditionExpression. It has the grammar of conditions, and
// allows little of it.
func ParseKeyCondition(text string, scope *Scope) (KeyCondition, error) {
	c, err := ParseCondition(KindKeyCondition, text, scope)
	if err != nil {
		return nil, err
	}
	tests, err := keyTests(c)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	for _, t := range tests {
		if seen[t.Attribute] {
			return nil, errOnePerKey
		}
		seen[t.Attribute] = true
	}
	if len(tests) > 2 {
		return nil, errTooMany
	}
	return tests, nil
}

func keyTests(c Condition) (KeyCondition, error) {
	if c, ok := c.(and); ok {
		left, err := keyTests(c.left)
		if err != nil {
			return nil, err
		}
		right, err := keyTests(c.right)
		return append(left, right...), err
	}
	test, err := keyTest(c)
	return KeyCondition{test}, err
}

func keyTest(c Condition) (KeyTest, error) {
	switch c := c.(type) {
	case comparison:
		return comparisonTest(c)
	case between:
		return rangeTest("BETWEEN", c.of, c.low, c.high)
	case beginsWith:
		return rangeTest("begins_with", c.of, c.prefix)
	}
	return KeyTest{}, fmt.Errorf("Invalid operator used in KeyConditionExpression: %s", operatorName(c))
}

// comparisonTest accepts the key attribute on either side.
func comparisonTest(c comparison) (KeyTest, error) {
	if c.operator == "<>" {
		return KeyTest{}, errors.New("Invalid operator used in KeyConditionExpression: <>")
	}
	if _, ok := c.left.(literal); ok {
		c = comparison{mirrored[c.operator], c.right, c.left}
	}
	return newKeyTest(c.operator, c.left, c.right)
}

var mirrored = map[string]string{"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// rangeTest accepts the key attribute only as the first operand.
func rangeTest(operator string, of operand, values ...operand) (KeyTest, error) {
	if _, ok := of.(literal); ok {
		return KeyTest{}, fmt.Errorf("Invalid condition in KeyConditionExpression: "+
			"%s operator must have the key attribute as its first operand", operator)
	}
	return newKeyTest(operator, of, values...)
}

func newKeyTest(operator string, of operand, operands ...operand) (KeyTest, error) {
	t := KeyTest{Operator: operator}
	switch of := of.(type) {
	case sizeOf:
		return t, errNestedKey
	case literal:
		return t, errNoKey
	case Path:
		t.Attribute = of.Attribute()
		if len(of) > 1 {
			return t, fmt.Errorf("Key attributes must be scalars; list random access '[]' and map lookup '.' are "+
				"not allowed: Key: %s", t.Attribute)
		}
	}
	for _, o := range operands {
		switch o := o.(type) {
		case sizeOf:
			return t, errNestedKey
		case Path:
			return t, errTwoKeys
		case literal:
			t.Values = append(t.Values, o.Value)
		}
	}
	return t, nil
}

func operatorName(c Condition) string {
	switch c := c.(type) {
	case or:
		return "OR"
	case in:
		return "IN"
	case not:
		if _, ok := c.of.(exists); ok {
			return "attribute_not_exists"
		}
		return "NOT"
	case exists:
		return "attribute_exists"
	case typeIs:
		return "attribute_type"
	}
	return "contains"
}

// Holds reports whether a key's value passes the test.
func (t KeyTest) Holds(v attr.Value) bool {
	switch t.Operator {
	case "BETWEEN":
		return compare(v, ">=", t.Values[0]) && compare(v, "<=", t.Values[1])
	case "begins_with":
		return beginsWith{literal{v}, literal{t.Values[0]}}.Holds(nil)
	}
	return compare(v, t.Operator, t.Values[0])
}

// Above reports whether v, and so every value above it, is too great for the test. With it, a
// binary search finds the values that pass.
func (t KeyTest) Above(v attr.Value) bool {
	switch t.Operator {
	case ">", ">=":
		return false
	case "BETWEEN":
		return compare(v, ">", t.Values[1])
	}
	return !t.Holds(v) && attr.Compare(v, t.Values[0]) >= 0
}
