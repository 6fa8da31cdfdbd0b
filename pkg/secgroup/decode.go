package secgroup

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// decode reads an object, and says of an ill-typed value under which key it is.
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

// embedded takes the names of embedded structs, which stand for no key, out of
// a path.
var embedded = strings.NewReplacer("traffic.", "", "reference.", "")

// wanted names, in JSON's words, what should have stood where err is.
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
