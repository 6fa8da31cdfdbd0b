package dynamodb

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

// decode reads a request. It refuses members that in does not have, by name. encoding/json
// alone would also accept "tablename" for TableName.
func decode(input []byte, in any) error {
	if err := checkMembers(input, reflect.TypeOf(in).Elem(), ""); err != nil {
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

// checkMembers compares the JSON with the members of its type.
func checkMembers(data []byte, t reflect.Type, at string) error {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(unmarshaler) || string(data) == "null" {
		return nil
	}
	switch t.Kind() {
	case reflect.Struct:
		return checkObject(data, t, at)
	case reflect.Slice:
		return checkElements(data, t.Elem(), at)
	case reflect.Map:
		return checkEntries(data, t.Elem(), at)
	}
	return nil
}

func checkObject(data []byte, t reflect.Type, at string) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil {
		return serialization(err)
	}
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

func checkElements(data []byte, t reflect.Type, at string) error {
	var list []json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		return serialization(err)
	}
	for i, raw := range list {
		if err := checkMembers(raw, t, fmt.Sprintf("%s%d.", at, i)); err != nil {
			return err
		}
	}
	return nil
}

func checkEntries(data []byte, t reflect.Type, at string) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil {
		return serialization(err)
	}
	for name, raw := range object {
		if err := checkMembers(raw, t, at+name+"."); err != nil {
			return err
		}
	}
	return nil
}
