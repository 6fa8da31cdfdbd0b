package console

import (
	"bytes"
	"encoding/json"
	"io"
)

// WriteJSON writes v as one indented document. Text in it cannot act on a terminal:
// what is not printable is escaped.
func WriteJSON(w io.Writer, v any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, PrintableJSON(text.String()))
	return err
}
