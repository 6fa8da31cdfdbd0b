package report

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/console"
)

func writeJSON(w io.Writer, r *audit.Report) error { return encode(w, r) }

// encode writes v as one indented document. Text in it cannot act on a terminal:
// what is not printable is escaped.
func encode(w io.Writer, v any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, console.PrintableJSON(text.String()))
	return err
}
