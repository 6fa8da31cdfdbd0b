package report

import (
	"io"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/console"
)

func writeJSON(w io.Writer, r *audit.Report) error { return console.WriteJSON(w, r) }
