// Package attr holds DynamoDB's attribute values: their JSON, order, arithmetic and size.
//
// A Value is immutable: items share values, and a change makes a new value. The package knows
// neither tables nor expressions.
package attr

// Type is the name of a data type, as in requests.
type Type string

// The data types.
const (
	TypeString    Type = "S"
	TypeNumber    Type = "N"
	TypeBinary    Type = "B"
	TypeBool      Type = "BOOL"
	TypeNull      Type = "NULL"
	TypeList      Type = "L"
	TypeMap       Type = "M"
	TypeStringSet Type = "SS"
	TypeNumberSet Type = "NS"
	TypeBinarySet Type = "BS"
)

// Value is an attribute value: one of String, Number, Binary, Bool, Null,
// List, Map and Set.
type Value interface {
	Type() Type
}

// String is a text, ordered by its UTF-8 bytes.
type String string

// Binary is a sequence of bytes. It is base64 only in JSON.
type Binary string

// Bool is true or false.
type Bool bool

// Null is the value NULL, which differs from an absent value.
type Null struct{}

// List is an ordered sequence of values of any types.
type List []Value

// Map is a value with named members.
type Map map[string]Value

// Item is an entry of a table: named attributes.
type Item map[string]Value

// Type is S.
func (String) Type() Type { return TypeString }

// Type is B.
func (Binary) Type() Type { return TypeBinary }

// Type is BOOL.
func (Bool) Type() Type { return TypeBool }

// Type is NULL.
func (Null) Type() Type { return TypeNull }

// Type is L.
func (List) Type() Type { return TypeList }

// Type is M.
func (Map) Type() Type { return TypeMap }

// Valid reports whether t is one of the data types.
func (t Type) Valid() bool {
	switch t {
	case TypeString, TypeNumber, TypeBinary, TypeBool, TypeNull, TypeList, TypeMap,
		TypeStringSet, TypeNumberSet, TypeBinarySet:
		return true
	}
	return false
}

// Ordered reports whether values of the type have an order. Only such values can be keys.
func (t Type) Ordered() bool {
	return t == TypeString || t == TypeNumber || t == TypeBinary
}

// Error is the reason why DynamoDB refuses a value, in its own words.
type Error string

// Error returns the reason.
func (e Error) Error() string { return string(e) }
