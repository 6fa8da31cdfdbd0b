package s3store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// Index lists the audits in the latest report's history.
type Index struct {
	Installation string        `json:"installation"`
	Latest       string        `json:"latest"`         // the id of the last audit
	Whole        time.Time     `json:"whole,omitzero"` // the start of the last audit of all groups
	Audits       []drift.Point `json:"audits"`         // the latest first; each has reports/<id>.json and .html
}

func indexOf(r *drift.Report) Index {
	audits := slices.Clone(r.History)
	slices.Reverse(audits)
	return Index{r.Installation, r.ID, r.Whole, audits}
}

func (s *Store) writeIndex(ctx context.Context, r *drift.Report) error {
	index := indexOf(r)
	text, err := json.MarshalIndent(index, "", "  ")
	if err != nil {
		return fmt.Errorf("render the index: %w", err)
	}
	failed := s.put(ctx, s.text(s.key("index.json"), "application/json", append(text, '\n')))
	var page bytes.Buffer
	if err := index.page().Render(&page); err != nil {
		return errors.Join(failed, fmt.Errorf("render the index: %w", err))
	}
	return errors.Join(failed, s.put(ctx, s.text(s.key("index.html"), "text/html; charset=utf-8", page.Bytes())))
}
