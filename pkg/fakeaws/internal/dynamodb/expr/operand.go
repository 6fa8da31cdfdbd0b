package expr

import "github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"

// operand is one side of a comparison: a Path, a literal or a sizeOf.
type operand interface {
	// value returns the operand's value for an item. If the item has no such path, ok is
	// false.
	value(item attr.Item) (v attr.Value, ok bool)

	// known returns the operand's type, or "" if it depends on the item.
	known() attr.Type
}

func (p Path) value(item attr.Item) (attr.Value, bool) { return p.Find(item) }
func (p Path) known() attr.Type                        { return "" }

// literal is a :value.
type literal struct{ attr.Value }

func (l literal) value(attr.Item) (attr.Value, bool) { return l.Value, true }
func (l literal) known() attr.Type                   { return l.Type() }

type sizeOf struct{ of operand }

func (s sizeOf) known() attr.Type { return attr.TypeNumber }

func (s sizeOf) value(item attr.Item) (attr.Value, bool) {
	v, ok := s.of.value(item)
	if !ok {
		return nil, false
	}
	length, ok := attr.Length(v)
	return attr.NumberFrom(int64(length)), ok
}
