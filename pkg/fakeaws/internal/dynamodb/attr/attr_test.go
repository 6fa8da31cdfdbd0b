package attr

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestDecodeEncode(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{`{"S":"é"}`, `{"S":"é"}`},
		{`{"S":""}`, `{"S":""}`},
		{`{"N":"1.50"}`, `{"N":"1.5"}`}, // canonical
		{`{"B":"AQID"}`, `{"B":"AQID"}`},
		{`{"BOOL":false}`, `{"BOOL":false}`},
		{`{"NULL":true}`, `{"NULL":true}`},
		{`{"L":[]}`, `{"L":[]}`},
		{`{"L":[{"S":"a"},{"N":"1"}]}`, `{"L":[{"S":"a"},{"N":"1"}]}`},
		{`{"M":{"a":{"M":{}}}}`, `{"M":{"a":{"M":{}}}}`},
		{`{"SS":["b","a"]}`, `{"SS":["a","b"]}`},
		{`{"NS":["10","9"]}`, `{"NS":["9","10"]}`}, // by value, not by text
		{`{"BS":["Ag==","AQ=="]}`, `{"BS":["AQ==","Ag=="]}`},
	} {
		v, err := Decode([]byte(test.in))
		if err != nil {
			t.Errorf("Decode(%s): %v", test.in, err)
			continue
		}
		if got, err := json.Marshal(v); string(got) != test.want {
			t.Errorf("Marshal(Decode(%s)) = %s, %v, want %s", test.in, got, err, test.want)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	deep := `{"S":"x"}`
	for range maxDepth {
		deep = `{"L":[` + deep + `]}`
	}
	for _, test := range []struct{ in, want string }{
		{`{}`, "is empty"},
		{`{"X":"a"}`, "is empty"},
		{`null`, "is empty"},
		{`{"S":"a","N":"1"}`, "more than one datatypes"},
		{`{"NULL":false}`, "must have the value of true"},
		{`{"SS":[]}`, "An string set  may not be empty"},
		{`{"NS":[]}`, "An number set  may not be empty"},
		{`{"BS":[]}`, "Binary sets should not be empty"},
		{`{"SS":["a","a"]}`, "Input collection [a, a] contains duplicates."},
		{`{"NS":["1","1.0"]}`, "contains duplicates"},
		{`{"BS":["AQ==","AQ=="]}`, "contains duplicates"},
		{`{"N":"x"}`, "cannot be converted to a numeric value: x"},
		{`{"M":{"":{"S":"x"}}}`, "Empty attribute name"},
		{deep, "Nesting Levels"},
	} {
		_, err := Decode([]byte(test.in))
		if _, ok := errors.AsType[Error](err); !ok || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Decode(%s) = %v, want an Error: %s", test.in, err, test.want)
		}
	}
}

func TestDecodeOtherShape(t *testing.T) {
	for _, in := range []string{`"S"`, `{"S":1}`, `{"N":1}`, `{"B":"?"}`, `{"L":{}}`, `{"SS":"a"}`, `[`} {
		_, err := Decode([]byte(in))
		if _, refused := errors.AsType[Error](err); err == nil || refused {
			t.Errorf("Decode(%s) = %v, want an error of JSON", in, err)
		}
	}
}

// value decodes one value of a test's table.
func value(t *testing.T, text string) Value {
	t.Helper()
	v, err := Decode([]byte(text))
	if err != nil {
		t.Fatalf("Decode(%s): %v", text, err)
	}
	return v
}

func TestSize(t *testing.T) {
	for _, test := range []struct {
		in   string
		want int
	}{ // measured with DynamoDB Local
		{`{"S":"é"}`, 2},
		{`{"N":"0"}`, 1},
		{`{"N":"12"}`, 2},
		{`{"N":"-12"}`, 3},
		{`{"N":"1000"}`, 2},
		{`{"N":"0.01"}`, 2},
		{`{"N":"12345678901234567890"}`, 11},
		{`{"BOOL":true}`, 1},
		{`{"NULL":true}`, 1},
		{`{"B":"AQID"}`, 3},
		{`{"L":[]}`, 3},
		{`{"L":[{"S":"x"}]}`, 5},
		{`{"M":{}}`, 3},
		{`{"M":{"a":{"S":"x"}}}`, 6},
		{`{"SS":["a","bb"]}`, 3},
		{`{"NS":["1","22"]}`, 4},
	} {
		if got := Size(value(t, test.in)); got != test.want {
			t.Errorf("Size(%s) = %d, want %d", test.in, got, test.want)
		}
	}
}

func TestEqual(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{`{"N":"1"}`, `{"N":"1.0"}`, true},
		{`{"N":"1"}`, `{"S":"1"}`, false},
		{`{"S":"a"}`, `{"B":"YQ=="}`, false}, // the bytes are the same
		{`{"SS":["a","b"]}`, `{"SS":["b","a"]}`, true},
		{`{"SS":["1"]}`, `{"NS":["1"]}`, false},
		{`{"L":[{"N":"1"}]}`, `{"L":[{"N":"1"}]}`, true},
		{`{"L":[{"N":"1"}]}`, `{"L":[]}`, false},
		{`{"M":{"a":{"N":"1"}}}`, `{"M":{"a":{"N":"1"}}}`, true},
		{`{"M":{"a":{"N":"1"}}}`, `{"M":{"b":{"N":"1"}}}`, false},
		{`{"S":"a"}`, `{"L":[]}`, false}, // types without order do not compare
	} {
		if got := Equal(value(t, test.a), value(t, test.b)); got != test.want {
			t.Errorf("Equal(%s, %s) = %v, want %v", test.a, test.b, got, test.want)
		}
	}
}

func TestCompareStringsByBytes(t *testing.T) {
	// Java and JavaScript compare UTF-16 units, by which 😀 is first.
	if Compare(String("\uff5e"), String("😀")) >= 0 {
		t.Error("Compare(～, 😀) >= 0, want < 0: U+FF5E is before U+1F600 in UTF-8")
	}
}

func TestSetOperations(t *testing.T) {
	a := value(t, `{"NS":["1","2","3"]}`).(Set)
	b := value(t, `{"NS":["3","4"]}`).(Set)
	if got, want := a.Union(b), value(t, `{"NS":["1","2","3","4"]}`); !Equal(got, want) {
		t.Errorf("Union = %v, want %v", got, want)
	}
	if got, want := a.Minus(b), value(t, `{"NS":["1","2"]}`); !Equal(got, want) {
		t.Errorf("Minus = %v, want %v", got, want)
	}
	if a.Len() != 3 || !a.Has(NumberFrom(2)) || a.Has(NumberFrom(4)) || a.Has(String("2")) {
		t.Errorf("%v has other members than 1, 2, 3", a)
	}
}

func TestLength(t *testing.T) {
	for _, test := range []struct {
		in   string
		want int
		ok   bool
	}{
		{`{"S":"héllo😀"}`, 7, true}, // UTF-16
		{`{"B":"AQID"}`, 3, true},
		{`{"L":[{"N":"1"}]}`, 1, true},
		{`{"M":{"a":{"N":"1"},"b":{"N":"1"}}}`, 2, true},
		{`{"SS":["a","b"]}`, 2, true},
		{`{"N":"123"}`, 0, false},
		{`{"BOOL":true}`, 0, false},
	} {
		if got, ok := Length(value(t, test.in)); got != test.want || ok != test.ok {
			t.Errorf("Length(%s) = %d, %v, want %d, %v", test.in, got, ok, test.want, test.ok)
		}
	}
}
