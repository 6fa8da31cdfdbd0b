package secgroup

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
)

// decode reads a JSON object. If a value has the wrong type, the error names its key.
func decode[T any](data []byte) (x T, err error) {
	if string(data) == "null" {
		return x, errors.New("want an object, found null")
	}
	err = json.Unmarshal(data, &x)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return x, WrongType(wrong)
	}
	return x, err
}

// embedded removes the names of embedded structs from a path, because they are no keys.
var embedded = strings.NewReplacer("traffic.", "", "reference.", "")

// WrongType returns an error about a value of the wrong type in JSON's words instead of Go's, such
// as "FromPort: want a whole number, found a string". Without a key, the document is meant: every
// document of ours is an object.
func WrongType(err *json.UnmarshalTypeError) error {
	found := jsonTypes[err.Value]
	if number, ok := strings.CutPrefix(err.Value, "number "); ok {
		found = "the number " + number
	}
	if err.Field == "" {
		return errors.New("want an object, found " + found)
	}
	return errors.New(embedded.Replace(err.Field) + ": want " + wanted(err.Type) + ", found " + found)
}

// jsonTypes has the types of values as encoding/json names them.
var jsonTypes = map[string]string{
	"array": "a list", "object": "an object", "string": "a string", "number": "a number", "bool": "true or false",
}

// wanted names the JSON type of values of a Go type.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint64:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return "a string"
}
