package expr

import (
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

// Condition is a test of an item. An absent item counts as the empty item.
type Condition interface {
	Holds(item attr.Item) bool
}

// The nodes of a condition.
type (
	and struct{ left, right Condition }
	or  struct{ left, right Condition }
	not struct{ of Condition }

	comparison struct {
		operator    string
		left, right operand
	}
	between struct{ of, low, high operand }
	in      struct {
		of   operand
		list []operand
	}

	exists     struct{ path Path }
	typeIs     struct{ of, name operand }
	beginsWith struct{ of, prefix operand }
	contains   struct{ of, part operand }
)

// Holds reports whether both sides hold.
func (c and) Holds(item attr.Item) bool { return c.left.Holds(item) && c.right.Holds(item) }

// Holds reports whether either side holds.
func (c or) Holds(item attr.Item) bool { return c.left.Holds(item) || c.right.Holds(item) }

// Holds reports whether the condition does not hold.
func (c not) Holds(item attr.Item) bool { return !c.of.Holds(item) }

// Holds returns false if a side is absent, except for the operator <>: an absent value differs
// from every value.
func (c comparison) Holds(item attr.Item) bool {
	left, ok1 := c.left.value(item)
	right, ok2 := c.right.value(item)
	if !ok1 || !ok2 {
		return c.operator == "<>"
	}
	return compare(left, c.operator, right)
}

// compare returns false for an order comparison of values without order.
func compare(a attr.Value, operator string, b attr.Value) bool {
	switch operator {
	case "=":
		return attr.Equal(a, b)
	case "<>":
		return !attr.Equal(a, b)
	}
	if !attr.Comparable(a, b) {
		return false
	}
	switch c := attr.Compare(a, b); operator {
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return attr.Compare(a, b) >= 0
}

// Holds reports whether the value is in the range, including its ends.
func (c between) Holds(item attr.Item) bool {
	return comparison{">=", c.of, c.low}.Holds(item) && comparison{"<=", c.of, c.high}.Holds(item)
}

// Holds reports whether the value equals one of the list.
func (c in) Holds(item attr.Item) bool {
	return slices.ContainsFunc(c.list, func(o operand) bool { return comparison{"=", c.of, o}.Holds(item) })
}

// Holds reports whether the item has the path.
func (c exists) Holds(item attr.Item) bool {
	_, ok := c.path.Find(item)
	return ok
}

// Holds reports whether the value exists and has the type.
func (c typeIs) Holds(item attr.Item) bool {
	v, name, ok := pair(item, c.of, c.name)
	return ok && attr.Equal(name, attr.String(v.Type()))
}

// Holds reports whether a string or binary begins with the prefix.
func (c beginsWith) Holds(item attr.Item) bool {
	v, prefix, ok := pair(item, c.of, c.prefix)
	if !ok {
		return false
	}
	whole, part, ok := bytesOf(v, prefix)
	return ok && strings.HasPrefix(whole, part)
}

// Holds reports whether a string or binary contains the part, or a set or list has it as a
// member.
func (c contains) Holds(item attr.Item) bool {
	v, part, ok := pair(item, c.of, c.part)
	if !ok {
		return false
	}
	switch v := v.(type) {
	case attr.Set:
		return v.Has(part)
	case attr.List:
		return slices.ContainsFunc(v, func(e attr.Value) bool { return attr.Equal(e, part) })
	}
	whole, piece, ok := bytesOf(v, part)
	return ok && strings.Contains(whole, piece)
}

func pair(item attr.Item, a, b operand) (x, y attr.Value, ok bool) {
	x, ok1 := a.value(item)
	y, ok2 := b.value(item)
	return x, y, ok1 && ok2
}

// bytesOf returns the bytes of two strings or of two binaries.
func bytesOf(a, b attr.Value) (x, y string, ok bool) {
	switch a := a.(type) {
	case attr.String:
		b, ok := b.(attr.String)
		return string(a), string(b), ok
	case attr.Binary:
		b, ok := b.(attr.Binary)
		return string(a), string(b), ok
	}
	return "", "", false
}
