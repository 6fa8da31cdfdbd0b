package attr

import (
	"fmt"
	"slices"
	"strings"
)

// Set holds distinct values of one scalar type. Its members are sorted, so equal sets have
// equal members.
type Set struct {
	element Type
	members []Value
}

// Type is SS, NS or BS.
func (s Set) Type() Type { return s.element + "S" }

// Len returns the number of members.
func (s Set) Len() int { return len(s.members) }

// NewSet returns a set of values of one type. Like DynamoDB, it refuses an empty set and a
// repeated member.
func NewSet(element Type, members []Value) (Set, error) {
	if len(members) == 0 {
		return Set{}, errEmptySet[element]
	}
	s := Set{element, slices.SortedFunc(slices.Values(members), Compare)}
	if len(slices.CompactFunc(slices.Clone(s.members), Equal)) < len(members) {
		return Set{}, duplicates(element, members)
	}
	return s, nil
}

// The grammar of these messages is DynamoDB's own.
var errEmptySet = map[Type]Error{
	TypeString: "One or more parameter values were invalid: An string set  may not be empty",
	TypeNumber: "One or more parameter values were invalid: An number set  may not be empty",
	TypeBinary: "One or more parameter values were invalid: Binary sets should not be empty",
}

func duplicates(element Type, members []Value) error {
	switch element {
	case TypeNumber:
		return Error("Input collection contains duplicates")
	case TypeBinary:
		return Error("One or more parameter values were invalid: Input collection of type BS contains duplicates.")
	}
	var names []string
	for _, m := range members {
		names = append(names, fmt.Sprint(m))
	}
	return Error("One or more parameter values were invalid: Input collection [" +
		strings.Join(names, ", ") + "] contains duplicates.")
}

// Has reports whether v is a member.
func (s Set) Has(v Value) bool {
	if v.Type() != s.element {
		return false
	}
	_, found := slices.BinarySearchFunc(s.members, v, Compare)
	return found
}

// Union returns the members of both sets, which must have one type.
func (s Set) Union(t Set) Set {
	all := slices.Concat(s.members, t.members)
	slices.SortFunc(all, Compare)
	return Set{s.element, slices.CompactFunc(all, Equal)}
}

// Minus returns the members of s that are not in t. The result may be empty, although no
// stored set is.
func (s Set) Minus(t Set) Set {
	left := slices.DeleteFunc(slices.Clone(s.members), t.Has)
	return Set{s.element, left}
}
