package secgroup

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// decode reads a JSON object. If a value has the wrong type, the error names its key.
func decode[T any](data []byte) (x T, err error) {
	if string(data) == "null" {
		return x, errors.New("want an object, found null")
	}
	err = json.Unmarshal(data, &x)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if wrong.Field == "" {
			return x, fmt.Errorf("want an object, found %s", wrong.Value)
		}
		return x, fmt.Errorf("%s: want %s, found %s", embedded.Replace(wrong.Field), wanted(wrong), wrong.Value)
	}
	return x, err
}

// embedded removes the names of embedded structs from a path, because they are no keys.
var embedded = strings.NewReplacer("traffic.", "", "reference.", "")

// wanted names, in JSON's words, the type that err's key must have.
func wanted(err *json.UnmarshalTypeError) string {
	switch kind := err.Type.Kind().String(); kind {
	case "int32":
		return "a whole number"
	case "bool":
		return "true or false"
	case "slice":
		return "a list"
	case "struct":
		return "an object"
	default:
		return "a " + kind
	}
}
