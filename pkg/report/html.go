package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"io"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
)

//go:embed page/page.html
var pageHTML string

//go:embed page/page.css
var pageCSS string

//go:embed page/page.js
var pageJS string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// writeHTML writes one page with everything in it: what people look at first is
// there as it is, and all of it as a block of JSON from which the page's script
// makes what they look for. The page fetches nothing, and its policy lets no
// other script or style act than the two whose hashes it names.
func writeHTML(w io.Writer, r *audit.Report) error {
	out := bufio.NewWriterSize(w, 1<<16)
	p := newPage(r)
	if err := pageTemplate.ExecuteTemplate(out, "top", p); err != nil {
		return err
	}
	if err := p.data.write(out); err != nil {
		return err
	}
	if err := pageTemplate.ExecuteTemplate(out, "bottom", p); err != nil {
		return err
	}
	return out.Flush()
}

// source is what a Content-Security-Policy calls an inline text by.
func source(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// data is what the page's script works on. Its texts are printable.
type data struct {
	drifts   []driftView
	groups   []groupView
	requests []requestView
}

// write writes the block, an element at a time: of a large report it is most of
// the page. JSON escapes <, > and &, so that no text can end the block.
func (d data) write(w *bufio.Writer) error {
	w.WriteString(`<script type="application/json" id="data">{"drifts":[`)
	if err := writeList(w, d.drifts); err != nil {
		return err
	}
	w.WriteString(`],"groups":[`)
	if err := writeList(w, d.groups); err != nil {
		return err
	}
	w.WriteString(`],"requests":[`)
	if err := writeList(w, d.requests); err != nil {
		return err
	}
	_, err := w.WriteString("]}</script>\n")
	return err
}

func writeList[T any](w *bufio.Writer, list []T) error {
	for i := range list {
		if i > 0 {
			w.WriteByte(',')
		}
		b, err := json.Marshal(&list[i])
		if err != nil {
			return err
		}
		w.Write(b)
	}
	return nil
}
