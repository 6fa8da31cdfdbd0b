package attr

import "encoding/json"

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
func Decode(data []byte) (Value, error) { return decode(data, 1) }

// UnmarshalJSON reads an item.
func (i *Item) UnmarshalJSON(data []byte) error {
	members, err := decodeMembers(data, 1)
	*i = members
	return err
}

func decode(data []byte, depth int) (Value, error) {
	var types map[Type]json.RawMessage
	if err := json.Unmarshal(data, &types); err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, errTooDeep
	}
	var (
		found   Type
		content json.RawMessage
	)
	for t, raw := range types {
		if !t.Valid() || string(raw) == "null" {
			continue
		}
		if found != "" {
			return nil, errTwoTypes
		}
		found, content = t, raw
	}
	return decodeType(found, content, depth)
}

func decodeType(t Type, content []byte, depth int) (Value, error) {
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

func decodeScalar(t Type, content []byte) (Value, error) {
	switch t {
	case TypeString:
		s, err := read[string](content)
		return String(s), err
	case TypeNumber:
		s, err := read[string](content)
		if err != nil {
			return nil, err
		}
		return ParseNumber(s)
	case TypeBinary:
		b, err := read[[]byte](content)
		return Binary(b), err
	case TypeBool:
		b, err := read[bool](content)
		return Bool(b), err
	case TypeNull:
		b, err := read[bool](content)
		if err == nil && !b {
			err = errNotTrue
		}
		return Null{}, err
	}
	return nil, errNoType
}

func decodeList(content []byte, depth int) (Value, error) {
	raw, err := read[[]json.RawMessage](content)
	if err != nil {
		return nil, err
	}
	list := make(List, len(raw))
	for i, r := range raw {
		if list[i], err = decode(r, depth); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func decodeMembers(content []byte, depth int) (map[string]Value, error) {
	raw, err := read[map[string]json.RawMessage](content)
	if err != nil || raw == nil {
		return nil, err
	}
	members := make(map[string]Value, len(raw))
	for name, r := range raw {
		if name == "" {
			return nil, errNoName
		}
		if members[name], err = decode(r, depth); err != nil {
			return nil, err
		}
	}
	return members, nil
}

func decodeSet(element Type, content []byte) (Value, error) {
	raw, err := read[[]json.RawMessage](content)
	if err != nil {
		return nil, err
	}
	members := make([]Value, len(raw))
	for i, r := range raw {
		if members[i], err = decodeScalar(element, r); err != nil {
			return nil, err
		}
	}
	return NewSet(element, members)
}

func read[T any](content []byte) (v T, err error) {
	err = json.Unmarshal(content, &v)
	return v, err
}
