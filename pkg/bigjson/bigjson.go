// Package bigjson reads and writes large JSON documents in pieces. So the text of a document is
// never in memory as a whole, as it is with encoding/json.
//
// It has the options of encoding/json, with two exceptions: it escapes no HTML, and it writes a
// nil list as [].
package bigjson

import (
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// Write writes a value as one document that ends with a line feed. With an indent, each member
// and element has a line of its own.
func Write(w io.Writer, v any, indent string) error {
	options := []json.Options{
		jsonv1.DefaultOptionsV1(), jsontext.EscapeForHTML(false), json.FormatNilSliceAsNull(false),
	}
	if indent != "" {
		options = append(options, jsontext.WithIndent(indent))
	}
	if err := json.MarshalWrite(w, v, options...); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// Read reads a document into the value that v points to. Nothing may follow the document.
func Read(r io.Reader, v any) error {
	// With the errors of encoding/json, it would read all of the document before the first value.
	inPieces := jsonv1.ReportErrorsWithLegacySemantics(false)
	if err := json.UnmarshalRead(r, v, jsonv1.DefaultOptionsV1(), inPieces); err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	return nil
}
