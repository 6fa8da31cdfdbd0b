package main

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// textTable is a table without a frame. Its columns are as wide as they need to
// be, two spaces apart.
type textTable struct {
	style style
	right int // columns from this one on are aligned to the right; 0 is none
	rows  [][]cell
}

// cell is one field of a table.
type cell struct {
	text  string
	paint paint // "" is none
}

// plain is a row of cells without paint.
func plain(values ...any) []cell {
	row := make([]cell, len(values))
	for i, v := range values {
		row[i].text = fmt.Sprint(v)
	}
	return row
}

// heading is a row of titles.
func heading(titles ...any) []cell {
	row := plain(titles...)
	for i := range row {
		row[i].paint = bold
	}
	return row
}

func (t *textTable) add(row ...cell) { t.rows = append(t.rows, row) }

// String renders the table, each row on a line of its own.
func (t *textTable) String() string {
	w := table.NewWriter()
	w.SetStyle(table.Style{Box: table.BoxStyle{PaddingRight: "  "}, Options: table.OptionsNoBordersAndSeparators})
	columns := 0
	for _, row := range t.rows {
		columns = max(columns, len(row))
		painted := make(table.Row, len(row))
		for i, c := range row {
			painted[i] = t.painted(c)
		}
		w.AppendRow(painted)
	}
	var configs []table.ColumnConfig
	for i := range columns {
		if t.right > 0 && i >= t.right {
			configs = append(configs, table.ColumnConfig{Number: i + 1, Align: text.AlignRight})
		}
	}
	w.SetColumnConfigs(configs)
	var lines strings.Builder
	for line := range strings.SplitSeq(w.Render(), "\n") {
		fmt.Fprintln(&lines, strings.TrimRight(line, " "))
	}
	return lines.String()
}

func (t *textTable) painted(c cell) string {
	if c.paint == "" {
		return c.text
	}
	return t.style.paint(c.paint, c.text)
}
