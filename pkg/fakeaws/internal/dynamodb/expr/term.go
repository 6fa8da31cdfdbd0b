package expr

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

// term is the right side of a SET.
type term interface {
	eval(item attr.Item) (attr.Value, error)

	// known returns the term's type, or "" if it depends on the item.
	known() attr.Type
}

type (
	reference   struct{ Path }
	constant    struct{ literal }
	ifNotExists struct {
		path Path
		or   term
	}
	listAppend struct{ head, tail term }
	sum        struct {
		left, right term
		minus       bool
	}
)

func (r reference) eval(item attr.Item) (attr.Value, error) {
	v, ok := r.Find(item)
	if !ok {
		return nil, errNoAttribute
	}
	return v, nil
}

func (c constant) eval(attr.Item) (attr.Value, error) { return c.Value, nil }

func (f ifNotExists) known() attr.Type { return "" }

func (f ifNotExists) eval(item attr.Item) (attr.Value, error) {
	if v, ok := f.path.Find(item); ok {
		return v, nil
	}
	return f.or.eval(item)
}

func (f listAppend) known() attr.Type { return attr.TypeList }

func (f listAppend) eval(item attr.Item) (attr.Value, error) {
	head, tail, err := evalBoth[attr.List](item, f.head, f.tail)
	return slices.Concat(head, tail), err
}

func (f sum) known() attr.Type { return attr.TypeNumber }

func (f sum) eval(item attr.Item) (attr.Value, error) {
	left, right, err := evalBoth[attr.Number](item, f.left, f.right)
	switch {
	case err != nil:
		return nil, err
	case f.minus:
		return left.Sub(right)
	}
	return left.Add(right)
}

// evalBoth evaluates two terms of one type.
func evalBoth[V attr.Value](item attr.Item, a, b term) (x, y V, err error) {
	if x, err = evalAs[V](item, a); err != nil {
		return x, y, err
	}
	y, err = evalAs[V](item, b)
	return x, y, err
}

func evalAs[V attr.Value](item attr.Item, t term) (V, error) {
	v, err := t.eval(item)
	if err != nil {
		return *new(V), err
	}
	typed, ok := v.(V)
	if !ok {
		return typed, errOperandType
	}
	return typed, nil
}
