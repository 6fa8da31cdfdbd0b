package dynamodb

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"sync"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

// decode reads a request. It refuses members that in does not have, by name. encoding/json
// alone would also accept "tablename" for TableName.
func decode(input []byte, in any) error {
	var content any
	if err := json.Unmarshal(input, &content); err != nil {
		return serialization(err)
	}
	if err := checkMembers(content, reflect.TypeOf(in).Elem(), ""); err != nil {
		return err
	}
	err := json.Unmarshal(input, in)
	if refused, ok := errors.AsType[attr.Error](err); ok {
		return validation("%s", refused)
	}
	if err != nil {
		return serialization(err)
	}
	return nil
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// checkMembers compares parsed JSON with the members of its type. It leaves wrong types to
// encoding/json.
func checkMembers(content any, t reflect.Type, at string) error {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(unmarshaler) {
		return nil
	}
	switch content := content.(type) {
	case map[string]any:
		if t.Kind() == reflect.Map {
			return checkEntries(content, t.Elem(), at)
		}
		if t.Kind() == reflect.Struct {
			return checkObject(content, t, at)
		}
	case []any:
		if t.Kind() == reflect.Slice {
			return checkElements(content, t.Elem(), at)
		}
	}
	return nil
}

func checkObject(object map[string]any, t reflect.Type, at string) error {
	members := membersOf(t)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		member, ok := members[name]
		if !ok {
			return unsupported(at + name)
		}
		if err := checkMembers(object[name], member, at+name+"."); err != nil {
			return err
		}
	}
	return nil
}

var known sync.Map // the results of membersOf, by type

// membersOf returns the members of a struct, including those of embedded structs.
func membersOf(t reflect.Type) map[string]reflect.Type {
	if members, ok := known.Load(t); ok {
		return members.(map[string]reflect.Type)
	}
	members := make(map[string]reflect.Type)
	for _, f := range reflect.VisibleFields(t) {
		if !f.Anonymous {
			members[f.Name] = f.Type
		}
	}
	known.Store(t, members)
	return members
}

func checkElements(list []any, t reflect.Type, at string) error {
	for i, element := range list {
		if err := checkMembers(element, t, at+strconv.Itoa(i)+"."); err != nil {
			return err
		}
	}
	return nil
}

func checkEntries(object map[string]any, t reflect.Type, at string) error {
	for name, element := range object {
		if err := checkMembers(element, t, at+name+"."); err != nil {
			return err
		}
	}
	return nil
}
