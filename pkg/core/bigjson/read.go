package bigjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
)

// Read reads a struct, to which v points, from the next document of r. It ignores unknown keys. Keys
// must be written as in the tags.
func Read(r io.Reader, v any) error {
	return read(json.NewDecoder(r), reflect.ValueOf(v).Elem())
}

// read reads a struct, a pointer to one, a list, or a map of structs.
func read(d *json.Decoder, v reflect.Value) error {
	token, err := d.Token()
	switch delim, ok := token.(json.Delim); {
	case err != nil:
		return complete(err)
	case token == nil: // null
		return nil
	case v.Kind() == reflect.Pointer && ok && delim == '{':
		v.Set(reflect.New(v.Type().Elem()))
		return readObject(d, v.Elem())
	case v.Kind() == reflect.Struct && ok && delim == '{':
		return readObject(d, v)
	case v.Kind() == reflect.Map && ok && delim == '{':
		return readMembers(d, v)
	case v.Kind() == reflect.Slice && ok && delim == '[':
		return readList(d, v)
	}
	return fmt.Errorf("JSON %v where a value of type %s is expected", token, v.Type())
}

func readObject(d *json.Decoder, v reflect.Value) error {
	fields := make(map[string]field)
	for _, f := range fieldsOf(v.Type()) {
		fields[f.name] = f
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return complete(err)
		}
		text, _ := name.(string)
		switch f, ok := fields[text]; {
		case !ok:
			err = d.Decode(new(json.RawMessage))
		case f.big:
			err = read(d, v.Field(f.index))
		default:
			err = d.Decode(v.Field(f.index).Addr().Interface())
		}
		if err != nil {
			return fmt.Errorf("%s: %w", text, complete(err))
		}
	}
	return end(d)
}

func readMembers(d *json.Decoder, v reflect.Value) error {
	v.Set(reflect.MakeMap(v.Type()))
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return complete(err)
		}
		member := reflect.New(v.Type().Elem()).Elem()
		if err := read(d, member); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		v.SetMapIndex(reflect.ValueOf(name), member)
	}
	return end(d)
}

func readList(d *json.Decoder, v reflect.Value) error {
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	for d.More() {
		v.Grow(1)
		v.SetLen(v.Len() + 1)
		if err := d.Decode(v.Index(v.Len() - 1).Addr().Interface()); err != nil {
			return fmt.Errorf("%d: %w", v.Len()-1, complete(err))
		}
	}
	if v.Cap() > v.Len() { // by a quarter, if the list is long
		clipped := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(clipped, v)
		v.Set(clipped)
	}
	return end(d)
}

// end reads the bracket that ends an object or list.
func end(d *json.Decoder) error {
	_, err := d.Token()
	return complete(err)
}

// complete returns an error of a document that ends too early as such.
func complete(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
