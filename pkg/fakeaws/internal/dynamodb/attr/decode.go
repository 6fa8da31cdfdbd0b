package attr

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// maxDepth is the deepest allowed nesting. The item's own attributes have depth 1.
const maxDepth = 32

const (
	errNoType   = Error("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	errTwoTypes = Error("Supplied AttributeValue has more than one datatypes set, " +
		"must contain exactly one of the supported datatypes")
	errNotTrue = Error("One or more parameter values were invalid: Null attribute value types must " +
		"have the value of true")
	errTooDeep = Error("Nesting Levels have exceeded supported limits: Attributes in the item have nested levels " +
		"beyond supported limit")
	errNoName = Error("Empty attribute name")
)

// Decode reads one value from JSON. It returns an Error if DynamoDB refuses the value, and
// another error if the JSON is not a value.
func Decode(data []byte) (Value, error) {
	var content any
	if err := json.Unmarshal(data, &content); err != nil {
		return nil, err
	}
	return decode(content, 1)
}

// UnmarshalJSON reads an item.
func (i *Item) UnmarshalJSON(data []byte) error {
	var content any
	if err := json.Unmarshal(data, &content); err != nil {
		return err
	}
	members, err := decodeMembers(content, 1)
	*i = members
	return err
}

// decode reads a value from JSON that encoding/json has parsed.
func decode(content any, depth int) (Value, error) {
	if content == nil {
		return nil, errNoType
	}
	types, err := as[map[string]any](content)
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, errTooDeep
	}
	var (
		found Type
		inner any
	)
	for name, c := range types {
		if t := Type(name); !t.Valid() || c == nil {
			continue
		}
		if found != "" {
			return nil, errTwoTypes
		}
		found, inner = Type(name), c
	}
	return decodeType(found, inner, depth)
}

func decodeType(t Type, content any, depth int) (Value, error) {
	switch t {
	case TypeList:
		return decodeList(content, depth+1)
	case TypeMap:
		members, err := decodeMembers(content, depth+1)
		return Map(members), err
	case TypeStringSet, TypeNumberSet, TypeBinarySet:
		return decodeSet(t[:len(t)-1], content)
	}
	return decodeScalar(t, content)
}

func decodeScalar(t Type, content any) (Value, error) {
	switch t {
	case TypeString:
		s, err := as[string](content)
		return String(s), err
	case TypeNumber:
		s, err := as[string](content)
		if err != nil {
			return nil, err
		}
		return ParseNumber(s)
	case TypeBinary:
		s, err := as[string](content)
		if err != nil {
			return nil, err
		}
		b, err := base64.StdEncoding.DecodeString(s)
		return Binary(b), err
	case TypeBool:
		b, err := as[bool](content)
		return Bool(b), err
	case TypeNull:
		b, err := as[bool](content)
		if err == nil && !b {
			err = errNotTrue
		}
		return Null{}, err
	}
	return nil, errNoType
}

func decodeList(content any, depth int) (Value, error) {
	elements, err := as[[]any](content)
	if err != nil {
		return nil, err
	}
	list := make(List, len(elements))
	for i, e := range elements {
		if list[i], err = decode(e, depth); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func decodeMembers(content any, depth int) (map[string]Value, error) {
	if content == nil {
		return nil, nil
	}
	object, err := as[map[string]any](content)
	if err != nil {
		return nil, err
	}
	members := make(map[string]Value, len(object))
	for name, c := range object {
		if name == "" {
			return nil, errNoName
		}
		if members[name], err = decode(c, depth); err != nil {
			return nil, err
		}
	}
	return members, nil
}

func decodeSet(element Type, content any) (Value, error) {
	elements, err := as[[]any](content)
	if err != nil {
		return nil, err
	}
	members := make([]Value, len(elements))
	for i, e := range elements {
		if members[i], err = decodeScalar(element, e); err != nil {
			return nil, err
		}
	}
	return NewSet(element, members)
}

// as returns JSON content of the type T, or an error if it has another type.
func as[T any](content any) (T, error) {
	v, ok := content.(T)
	if !ok {
		return v, fmt.Errorf("found %T, want %T", content, v)
	}
	return v, nil
}
