package attr

import "encoding/json"

// wire returns the JSON of one value, such as {"S": "text"}.
func wire[T any](t Type, content T) ([]byte, error) {
	return json.Marshal(map[Type]T{t: content})
}

// MarshalJSON writes {"S": ...}.
func (v String) MarshalJSON() ([]byte, error) { return wire(TypeString, string(v)) }

// MarshalJSON writes {"N": ...}. A number is a string in JSON.
func (n Number) MarshalJSON() ([]byte, error) { return wire(TypeNumber, n.String()) }

// MarshalJSON writes {"B": ...} in base64.
func (v Binary) MarshalJSON() ([]byte, error) { return wire(TypeBinary, []byte(v)) }

// MarshalJSON writes {"BOOL": ...}.
func (v Bool) MarshalJSON() ([]byte, error) { return wire(TypeBool, bool(v)) }

// MarshalJSON writes {"NULL": true}.
func (Null) MarshalJSON() ([]byte, error) { return wire(TypeNull, true) }

// MarshalJSON writes {"L": [...]}.
func (v List) MarshalJSON() ([]byte, error) {
	if v == nil {
		v = List{}
	}
	return wire(TypeList, []Value(v))
}

// MarshalJSON writes {"M": {...}}.
func (v Map) MarshalJSON() ([]byte, error) {
	if v == nil {
		v = Map{}
	}
	return wire(TypeMap, map[string]Value(v))
}

// MarshalJSON writes {"SS": [...]}, {"NS": [...]} or {"BS": [...]}.
func (s Set) MarshalJSON() ([]byte, error) {
	if s.element == TypeBinary {
		return wire(s.Type(), setOf(s, func(v Value) []byte { return []byte(v.(Binary)) }))
	}
	if s.element == TypeNumber {
		return wire(s.Type(), setOf(s, func(v Value) string { return v.(Number).String() }))
	}
	return wire(s.Type(), setOf(s, func(v Value) string { return string(v.(String)) }))
}

func setOf[T any](s Set, of func(Value) T) []T {
	members := make([]T, len(s.members))
	for i, v := range s.members {
		members[i] = of(v)
	}
	return members
}
