package console

import (
	"bytes"
	"encoding/json"
	"io"
)

// WriteJSON writes v as one indented document. It escapes unprintable characters, so text in
// the document cannot act on a terminal.
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
