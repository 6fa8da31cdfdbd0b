package bigjson_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/bigjson"
)

type document struct {
	ID    string             `json:"id"`
	At    time.Time          `json:"at,omitzero"`
	List  []element          `json:"list"`
	Rare  []element          `json:"rare,omitempty"`
	Inner *document          `json:"inner"`
	Named map[string]element `json:"named,omitempty"`
}

type element struct {
	Name string `json:"name"`
	More []int  `json:"more,omitempty"`
}

func example() document {
	some := []element{{Name: "<b>"}, {}, {Name: "c\u2028\x1b", More: []int{1, 2}}}
	return document{
		ID: "<id>", At: time.Unix(1, 0).UTC(), List: some, Rare: some[:1], Inner: &document{List: some[2:]},
		Named: map[string]element{"b": some[0], "a": some[2]},
	}
}

// TestWrite compares a document with that of encoding/json, which escapes no HTML.
func TestWrite(t *testing.T) {
	for _, indent := range []string{"", "  "} {
		var want, got bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", indent)
		if err := encoder.Encode(example()); err != nil {
			t.Fatal(err)
		}
		if err := bigjson.Write(&got, example(), indent); err != nil || got.String() != want.String() {
			t.Errorf("%v\n%s\nwant\n%s", err, &got, &want)
		}
	}
	var got bytes.Buffer
	const empty = `{"id":"","list":[],"inner":null}` + "\n"
	if err := bigjson.Write(&got, document{}, ""); err != nil || got.String() != empty {
		t.Errorf("a nil list: %v, %s", err, &got)
	}
}

// TestRead reads documents of Write, as far as they are whole.
func TestRead(t *testing.T) {
	var text bytes.Buffer
	if err := bigjson.Write(&text, example(), " "); err != nil {
		t.Fatal(err)
	}
	var got document
	if err := bigjson.Read(bytes.NewReader(text.Bytes()), &got); err != nil || !reflect.DeepEqual(got, example()) {
		t.Errorf("%v, %+v", err, got)
	}
	for n := range bytes.TrimSpace(text.Bytes()) {
		if err := bigjson.Read(bytes.NewReader(text.Bytes()[:n]), new(document)); err == nil {
			t.Fatalf("%s was read", text.Bytes()[:n])
		}
	}
	if err := bigjson.Read(strings.NewReader(`{"list": {}}`), new(document)); err == nil {
		t.Error("an object was read as a list")
	}
}

// measured counts the bytes of the longest write.
type measured struct{ longest, all int }

func (m *measured) Write(p []byte) (int, error) {
	m.longest, m.all = max(m.longest, len(p)), m.all+len(p)
	return len(p), nil
}

// early notes how much of a document was read before its first element was decoded.
type early struct{}

var read, first int

func (e *early) UnmarshalJSON([]byte) error {
	if first == 0 {
		first = read
	}
	return nil
}

// TestPieces: no more than a hundredth of a large document is in memory.
func TestPieces(t *testing.T) {
	large := document{}
	for i := range 100_000 {
		large.List = append(large.List, element{Name: fmt.Sprint("group ", i)})
	}
	var m measured
	if err := bigjson.Write(&m, large, "  "); err != nil || m.longest > m.all/100 {
		t.Errorf("%v, a write of %d bytes of %d", err, m.longest, m.all)
	}
	r, w := io.Pipe()
	go func() { w.CloseWithError(bigjson.Write(w, large, "")) }()
	var got struct {
		List []early `json:"list"`
	}
	err := bigjson.Read(reader(func(p []byte) (int, error) {
		n, err := r.Read(p)
		read += n
		return n, err
	}), &got)
	if err != nil || len(got.List) != len(large.List) || first == 0 || first > read/100 {
		t.Errorf("%v, %d elements; the first after %d bytes of %d", err, len(got.List), first, read)
	}
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }
