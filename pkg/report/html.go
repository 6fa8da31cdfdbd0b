package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"io"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

//go:embed page/page.css
var pageCSS string

//go:embed page/page.js
var pageJS string

// writeHTML writes one page that holds the whole report. The most important part is HTML. All
// of it is also a block of JSON, from which the page's script renders the rest.
//
// The page fetches nothing. Its policy allows only the style and the script that it names by
// their hashes.
func writeHTML(w io.Writer, r *drift.Report) error {
	out := bufio.NewWriterSize(w, 1<<14)
	if err := newPage(r).document().Render(out); err != nil {
		return err
	}
	return out.Flush()
}

// policy is the page's Content-Security-Policy.
func policy(css string) string {
	return "default-src 'none'; img-src data:; style-src " + source(css) + "; script-src " + source(pageJS) +
		"; base-uri 'none'; form-action 'none'"
}

// source returns the name of an inline text in a Content-Security-Policy: its hash.
func source(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
