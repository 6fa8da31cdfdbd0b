package attr

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// MarshalJSON writes {"S": ...}.
func (v String) MarshalJSON() ([]byte, error) { return appendValue(nil, v), nil }

// MarshalJSON writes {"N": ...}. A number is a string in JSON.
func (n Number) MarshalJSON() ([]byte, error) { return appendValue(nil, n), nil }

// MarshalJSON writes {"B": ...} in base64.
func (v Binary) MarshalJSON() ([]byte, error) { return appendValue(nil, v), nil }

// MarshalJSON writes {"BOOL": ...}.
func (v Bool) MarshalJSON() ([]byte, error) { return appendValue(nil, v), nil }

// MarshalJSON writes {"NULL": true}.
func (v Null) MarshalJSON() ([]byte, error) { return appendValue(nil, v), nil }

// MarshalJSON writes {"L": [...]}.
func (v List) MarshalJSON() ([]byte, error) { return appendValue(nil, v), nil }

// MarshalJSON writes {"M": {...}}.
func (v Map) MarshalJSON() ([]byte, error) { return appendValue(nil, v), nil }

// MarshalJSON writes {"SS": [...]}, {"NS": [...]} or {"BS": [...]}.
func (s Set) MarshalJSON() ([]byte, error) { return appendValue(nil, s), nil }

// MarshalJSON writes the attributes in the order of their names.
func (i Item) MarshalJSON() ([]byte, error) {
	if i == nil {
		return []byte("null"), nil
	}
	return appendMembers(nil, i), nil
}

// appendValue appends the JSON of a value, such as {"S": "text"}. It writes into one buffer,
// because encoding/json would copy each value once for each level around it.
func appendValue(b []byte, v Value) []byte {
	b = append(b, `{"`...)
	b = append(b, v.Type()...)
	b = append(b, `":`...)
	return append(appendContent(b, v), '}')
}

func appendContent(b []byte, v Value) []byte {
	switch v := v.(type) {
	case String:
		return appendText(b, string(v))
	case Number:
		return appendText(b, v.String())
	case Binary:
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, []byte(v))
		return append(b, '"')
	case Bool:
		return strconv.AppendBool(b, bool(v))
	case Null:
		return append(b, "true"...)
	case List:
		return appendList(b, v, appendValue)
	case Map:
		return appendMembers(b, v)
	case Set:
		return appendList(b, v.members, appendContent)
	}
	return append(b, "null"...)
}

func appendList(b []byte, values []Value, appendOne func([]byte, Value) []byte) []byte {
	b = append(b, '[')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendOne(b, v)
	}
	return append(b, ']')
}

func appendMembers(b []byte, members map[string]Value) []byte {
	b = append(b, '{')
	for i, name := range slices.Sorted(maps.Keys(members)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(b, name), ':')
		b = appendValue(b, members[name])
	}
	return append(b, '}')
}

// appendText appends a text as encoding/json writes it.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			text, _ := json.Marshal(s) // a string has no error
			return append(b, text...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
