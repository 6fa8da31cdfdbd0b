package attr

import (
	"maps"
	"slices"
	"strings"
)

// Compare orders two values of one ordered type: numbers by value, strings and binaries by
// bytes. For all other values it returns 0.
func Compare(a, b Value) int {
	switch a := a.(type) {
	case String:
		if b, ok := b.(String); ok {
			return strings.Compare(string(a), string(b))
		}
	case Number:
		if b, ok := b.(Number); ok {
			return a.compare(b)
		}
	case Binary:
		if b, ok := b.(Binary); ok {
			return strings.Compare(string(a), string(b))
		}
	}
	return 0
}

// Comparable reports whether Compare orders a and b.
func Comparable(a, b Value) bool {
	return a.Type() == b.Type() && a.Type().Ordered()
}

// Equal reports whether two values have the same type and are equal.
func Equal(a, b Value) bool {
	switch a := a.(type) {
	case List:
		b, ok := b.(List)
		return ok && slices.EqualFunc(a, b, Equal)
	case Map:
		b, ok := b.(Map)
		return ok && maps.EqualFunc(a, b, Equal)
	case Set:
		b, ok := b.(Set)
		return ok && a.element == b.element && slices.EqualFunc(a.members, b.members, Equal)
	}
	switch b.(type) {
	case List, Map, Set:
		return false
	}
	return a == b
}
