// Package bigjson reads and writes JSON documents with long lists, an element of a list at a time. So
// the text of a document is never in memory as a whole, as it is with encoding/json.
//
// The tag `big:"list"` marks a field of a struct that is long, or that has such fields: a list, a
// struct, a pointer to one, or a map from strings to structs. All else is read and written as
// encoding/json does. A struct with such fields must embed no other, and its own methods
// MarshalJSON and UnmarshalJSON are not called. A big list that is nil is written as [].
package bigjson

import (
	"reflect"
	"slices"
	"strings"
)

// field is a field of a struct, by its JSON tag.
type field struct {
	index     int
	name      string
	omitEmpty bool
	omitZero  bool
	big       bool
}

// fieldsOf returns the fields of a struct type, in order.
func fieldsOf(t reflect.Type) (fields []field) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || name == "" {
			continue
		}
		all := strings.Split(options, ",")
		fields = append(fields, field{i, name, slices.Contains(all, "omitempty"), slices.Contains(all, "omitzero"),
			f.Tag.Get("big") != ""})
	}
	return fields
}

// absent reports whether a field is left out.
func (f field) absent(v reflect.Value) bool {
	return f.omitEmpty && empty(v) || f.omitZero && zero(v)
}

func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

func zero(v reflect.Value) bool {
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok {
		return z.IsZero()
	}
	return v.IsZero()
}
