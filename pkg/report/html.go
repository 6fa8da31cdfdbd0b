package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"io"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
)

//go:embed page/page.css
var pageCSS string

//go:embed page/page.js
var pageJS string

// writeHTML writes one page with everything in it: what people look at first is
// there as it is, and all of it as a block of JSON from which the page's script
// makes what they look for. The page fetches nothing, and its policy lets no
// other script or style act than the two whose hashes it names.
func writeHTML(w io.Writer, r *audit.Report) error {
	out := bufio.NewWriterSize(w, 1<<14)
	if err := newPage(r).document().Render(out); err != nil {
		return err
	}
	return out.Flush()
}

// policy is the page's Content-Security-Policy.
func policy(css string) string {
	return "default-src 'none'; img-src data:; style-src " + source(css) + "; script-src " + source(pageJS) + "; base-uri 'none'; form-action 'none'"
}

// source is what a Content-Security-Policy calls an inline text by.
func source(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
