package bigjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
)

// Write writes a struct, to which v points, as one document that ends with a line feed. It escapes no
// HTML. With an indent, the document is what a [json.Encoder] with that indent writes. Without one,
// each element of a big list has a line of its own.
func Write(w io.Writer, v any, indent string) error {
	d := document{out: w, indent: indent}
	d.object(reflect.ValueOf(v).Elem(), "")
	d.write("\n")
	return d.err
}

// document is a document that is written. err is its first error.
type document struct {
	out    io.Writer
	indent string
	text   bytes.Buffer // of one value
	err    error
}

func (d *document) write(text string) {
	if d.err == nil {
		_, d.err = io.WriteString(d.out, text)
	}
}

// next begins the n-th member of an object or element of a list. prefix is the indentation of the
// object or list.
func (d *document) next(n int, prefix string) {
	if n > 0 {
		d.write(",")
	}
	if d.indent != "" {
		d.write("\n" + prefix + d.indent)
	}
}

// end ends an object or list of n parts.
func (d *document) end(n int, prefix, bracket string) {
	if n > 0 && d.indent != "" {
		d.write("\n" + prefix)
	}
	d.write(bracket)
}

func (d *document) key(name, prefix string) {
	d.plain(name, prefix)
	if d.write(":"); d.indent != "" {
		d.write(" ")
	}
}

func (d *document) object(v reflect.Value, prefix string) {
	d.write("{")
	n := 0
	for _, f := range fieldsOf(v.Type()) {
		value := v.Field(f.index)
		if f.absent(value) {
			continue
		}
		d.next(n, prefix)
		d.key(f.name, prefix)
		if n++; f.big {
			d.value(value, prefix+d.indent)
		} else {
			d.plain(value.Interface(), prefix+d.indent)
		}
	}
	d.end(n, prefix, "}")
}

// value writes a big value.
func (d *document) value(v reflect.Value, prefix string) {
	switch {
	case v.Kind() == reflect.Pointer && v.IsNil(), v.Kind() == reflect.Map && v.IsNil():
		d.write("null")
	case v.Kind() == reflect.Pointer:
		d.object(v.Elem(), prefix)
	case v.Kind() == reflect.Struct:
		d.object(v, prefix)
	case v.Kind() == reflect.Map:
		d.members(v, prefix)
	case v.Kind() == reflect.Slice:
		d.list(v, prefix)
	default:
		panic(fmt.Sprintf("bigjson: %s is no list, struct or map", v.Type()))
	}
}

func (d *document) members(v reflect.Value, prefix string) {
	d.write("{")
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return bytes.Compare([]byte(a.String()), []byte(b.String())) })
	for i, key := range keys {
		d.next(i, prefix)
		d.key(key.String(), prefix)
		d.value(v.MapIndex(key), prefix+d.indent)
	}
	d.end(len(keys), prefix, "}")
}

func (d *document) list(v reflect.Value, prefix string) {
	d.write("[")
	for i := 0; i < v.Len() && d.err == nil; i++ {
		if d.next(i, prefix); d.indent == "" {
			d.write("\n")
		}
		d.plain(v.Index(i).Addr().Interface(), prefix+d.indent)
	}
	d.end(v.Len(), prefix, "]")
}

// plain writes a value as encoding/json does.
func (d *document) plain(v any, prefix string) {
	if d.err != nil {
		return
	}
	d.text.Reset()
	encoder := json.NewEncoder(&d.text)
	encoder.SetEscapeHTML(false)
	if d.indent != "" {
		encoder.SetIndent(prefix, d.indent)
	}
	if d.err = encoder.Encode(v); d.err == nil {
		_, d.err = d.out.Write(bytes.TrimSuffix(d.text.Bytes(), []byte("\n")))
	}
}
