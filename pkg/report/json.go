package report

import (
	"io"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

func writeJSON(w io.Writer, r *drift.Report) error { return console.WriteJSON(w, r) }
