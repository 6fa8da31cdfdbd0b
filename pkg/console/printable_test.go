package console

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func TestPrintable(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"sgkeeper llama4: vLLM", "sgkeeper llama4: vLLM"},
		{"Größe 中", "Größe 中"},
		{"\x1b[31mred", `\x1b[31mred`},
		{"a\r\nb\tc\x00\x7f", `a\r\nb\tc\x00\x7f`},
		{"\u009b31m", `\u009b31m`},         // CSI in one character
		{"\u202egpj.exe", `\u202egpj.exe`}, // changes the direction of writing
		{"\xff\xfe", `\ufffd\ufffd`},       // invalid UTF-8
		{"\U000E0001", `\U000e0001`},       // an invisible tag
	} {
		if got := Printable(test.text); got != test.want {
			t.Errorf("Printable(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}

func TestPrintableJSONKeepsTheDocument(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.String().Draw(t, "text")
		document, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		escaped := PrintableJSON(string(document))
		for _, c := range escaped {
			if !unicode.IsPrint(c) {
				t.Errorf("%q holds %q", escaped, c)
			}
		}
		var got string
		if err := json.Unmarshal([]byte(escaped), &got); err != nil || got != want {
			t.Errorf("%q reads as %q, %v, want %q", escaped, got, err, want)
		}
	})
}

// TestPrintableJSONWriter: a document cut at any byte is escaped like the whole one.
func TestPrintableJSONWriter(t *testing.T) {
	document := "{\"Größe\": \"中\u202e\U000E0001\x1b\"}\n"
	for cut := range len(document) + 1 {
		var got strings.Builder
		w := PrintableJSONWriter(&got)
		for _, part := range []string{document[:cut], document[cut:]} {
			if n, err := io.WriteString(w, part); n != len(part) || err != nil {
				t.Fatalf("wrote %d of %d bytes: %v", n, len(part), err)
			}
		}
		if want := PrintableJSON(document); got.String() != want {
			t.Errorf("cut at %d: %s, want %s", cut, got.String(), want)
		}
	}
}
