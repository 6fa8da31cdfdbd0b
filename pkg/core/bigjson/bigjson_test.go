package bigjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/bigjson"
)

type element struct {
	Name string `json:"name"`
	More []int  `json:"more,omitempty"`
}

type inner struct {
	Elements []element `json:"elements" big:"list"`
	Count    int       `json:"count,omitempty"`
}

type outer struct {
	ID     string           `json:"id"`
	At     time.Time        `json:"at,omitzero"`
	List   []element        `json:"list" big:"list"`
	Rare   []element        `json:"rare,omitempty" big:"list"`
	Inner  *inner           `json:"inner" big:"list"`
	ByName map[string]inner `json:"byName,omitempty" big:"list"`
	Small  []int            `json:"small"`
	Secret string           `json:"-"`
}

// examples differ in the fields that are empty.
func examples() []outer {
	some := []element{{Name: "<b>"}, {}, {Name: "c\u2028\x1b", More: []int{1, 2}}}
	return []outer{
		{List: []element{}},
		{ID: "<id>", At: time.Unix(1, 0).UTC(), List: some, Rare: some[:1], Inner: &inner{Elements: some, Count: 3},
			ByName: map[string]inner{"b": {Elements: some[1:]}, "a": {Elements: []element{}, Count: 1}}, Small: []int{1}},
		{List: some[:1], Inner: &inner{Elements: []element{}}},
	}
}

// TestWrite compares with encoding/json, byte for byte with an indent.
func TestWrite(t *testing.T) {
	for i, v := range examples() {
		var want, got, dense bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(v); err != nil {
			t.Fatal(err)
		}
		if err := bigjson.Write(&got, &v, "  "); err != nil || got.String() != want.String() {
			t.Errorf("%d: %v\n%s\nwant\n%s", i, err, &got, &want)
		}
		if err := bigjson.Write(&dense, &v, ""); err != nil {
			t.Fatal(err)
		}
		if want, got := compacted(t, want.Bytes()), compacted(t, dense.Bytes()); got != want {
			t.Errorf("%d: without an indent\n%s\nwant\n%s", i, got, want)
		}
		if lines := strings.Count(dense.String(), "\n"); lines != 1+elements(v) {
			t.Errorf("%d: %d lines, want one for each of %d elements, and one:\n%s", i, lines, elements(v), &dense)
		}
	}
	var got bytes.Buffer
	if err := bigjson.Write(&got, &inner{}, ""); err != nil || got.String() != "{\"elements\":[]}\n" {
		t.Errorf("a nil list: %v, %s", err, &got)
	}
}

func compacted(t *testing.T, text []byte) string {
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func elements(v outer) int {
	n := len(v.List) + len(v.Rare)
	if v.Inner != nil {
		n += len(v.Inner.Elements)
	}
	for _, in := range v.ByName {
		n += len(in.Elements)
	}
	return n
}

// TestRead reads all that Write and encoding/json write.
func TestRead(t *testing.T) {
	for i, v := range examples() {
		for _, indent := range []string{"", " "} {
			var text bytes.Buffer
			if err := bigjson.Write(&text, &v, indent); err != nil {
				t.Fatal(err)
			}
			var got outer
			if err := bigjson.Read(&text, &got); err != nil || !reflect.DeepEqual(got, v) {
				t.Errorf("%d: %v\n%+v\nwant\n%+v", i, err, got, v)
			}
		}
	}
	var got outer
	text := `{"unknown": {"a": [1]}, "list": null, "inner": null, "byName": null, "id": "x", "small": null} more`
	if err := bigjson.Read(strings.NewReader(text), &got); err != nil || !reflect.DeepEqual(got, outer{ID: "x"}) {
		t.Errorf("%v, %+v", err, got)
	}
}

// TestReadBroken cuts a document at each byte, and puts a wrong value into each field.
func TestReadBroken(t *testing.T) {
	text, err := json.Marshal(examples()[1])
	if err != nil {
		t.Fatal(err)
	}
	for n := range text {
		if err := bigjson.Read(bytes.NewReader(text[:n]), new(outer)); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%s: %v", text[:n], err)
		}
	}
	for _, text := range []string{`[]`, `1`, `{"id": 1}`, `{"list": {}}`, `{"list": [1]}`, `{"inner": []}`,
		`{"byName": []}`, `{"byName": {"a": []}}`, `{"byName": {"a": {"elements": 1}}}`, `{"id" 1}`} {
		if err := bigjson.Read(strings.NewReader(text), new(outer)); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

// failing fails after some writes.
type failing int

func (f *failing) Write(p []byte) (int, error) {
	if *f--; *f < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

// TestWriteFails has each write fail in turn.
func TestWriteFails(t *testing.T) {
	v := examples()[1]
	for n := 0; ; n++ {
		f := failing(n)
		if err := bigjson.Write(&f, &v, "  "); err == nil {
			return
		} else if !errors.Is(err, io.ErrClosedPipe) {
			t.Fatal(err)
		}
	}
}
