package s3store

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
)

// Index lists the audits that the latest report knows of.
type Index struct {
	Installation string        `json:"installation"`
	Latest       string        `json:"latest"`         // the id of the last audit
	Whole        time.Time     `json:"whole,omitzero"` // when the last audit of every group was begun
	Audits       []audit.Point `json:"audits"`         // the latest first; the report of each is reports/<id>.json and .html
}

//go:embed index.html
var indexText string

var indexPage = template.Must(template.New("index").Funcs(template.FuncMap{
	"time": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") },
	"severities": func() []audit.Severity {
		return []audit.Severity{audit.Critical, audit.High, audit.Medium, audit.Low, audit.Informational}
	},
	"count": func(p audit.Point, s audit.Severity) int { return p.Counts[s] },
}).Parse(indexText))

func indexOf(r *audit.Report) Index {
	audits := slices.Clone(r.History)
	slices.Reverse(audits)
	return Index{r.Installation, r.ID, r.Whole, audits}
}

func (s *Store) writeIndex(ctx context.Context, r *audit.Report) error {
	index := indexOf(r)
	text, err := json.MarshalIndent(index, "", "  ")
	if err != nil {
		return fmt.Errorf("render the index: %w", err)
	}
	if err := s.put(ctx, s.text(s.key("index.json"), "application/json", append(text, '\n'))); err != nil {
		return err
	}
	var page bytes.Buffer
	if err := indexPage.Execute(&page, index); err != nil {
		return fmt.Errorf("render the index: %w", err)
	}
	return s.put(ctx, s.text(s.key("index.html"), "text/html; charset=utf-8", page.Bytes()))
}
