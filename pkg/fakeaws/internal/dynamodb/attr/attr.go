// Package attr holds DynamoDB's attribute values: what they are on the wire,
// how they are compared, calculated with and measured.
//
// A Value is immutable once it is made: items share values freely, and a
// change builds a new value. Nothing here knows of tables or expressions.
package attr

// Type is the name of a data type, as it stands on the wire.
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

// Binary is a sequence of bytes; base64 on the wire only.
type Binary string

// Bool is true or false.
type Bool bool

// Null is the value NULL, which is not the same as no value.
type Null struct{}

// List is an ordered sequence of values of any types.
type List []Value

// Map is a value with named members.
type Map map[string]Value

// Item is what a table holds: named attributes.
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

// Ordered reports whether values of the type have an order, which is what
// makes them keys.
func (t Type) Ordered() bool {
	return t == TypeString || t == TypeNumber || t == TypeBinary
}

// Error is a value that DynamoDB refuses, in its own words.
type Error string

func (e Error) Error() string { return string(e) }
