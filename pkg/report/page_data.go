package report

import (
	"bufio"
	"encoding/json"
	"io"
)

// writeData writes the JSON on which the page's script works. It writes one element at a time,
// because this is most of a large page. JSON escapes <, > and &, so no text can end the block.
func (p *page) writeData(w io.Writer) error {
	out := bufio.NewWriter(w) // w itself, which has a buffer
	out.WriteString(`<script type="application/json" id="data">{"drifts":[`)
	if err := writeList(out, p.drifts, p.driftView); err != nil {
		return err
	}
	out.WriteString(`],"groups":[`)
	if err := writeList(out, p.sections, p.groupView); err != nil {
		return err
	}
	out.WriteString(`],"requests":[`)
	if err := writeList(out, p.requests, p.requestView); err != nil {
		return err
	}
	out.WriteString("]}</script>")
	return out.Flush()
}

func writeList[T, View any](w *bufio.Writer, list []T, viewOf func(T) View) error {
	var view View
	encoder := json.NewEncoder(w)
	for i, element := range list {
		if i > 0 {
			w.WriteByte(',')
		}
		view = viewOf(element)
		if err := encoder.Encode(&view); err != nil {
			return err
		}
	}
	return nil
}
