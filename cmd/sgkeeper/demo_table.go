package main

import (
	"fmt"

	"github.com/sgkeeper/sgkeeper/pkg/console"
)

// textTable is a table without a frame.
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
	out := console.Table{Style: t.style.Style, Right: t.right}
	for _, row := range t.rows {
		cells := make([]console.Cell, len(row))
		for i, c := range row {
			cells[i] = console.Cell{Text: c.text, Paint: c.paint}
		}
		out.Add(cells...)
	}
	return out.String()
}
