package console

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Table is a table without a frame. Its columns are as wide as their contents, two spaces
// apart.
type Table struct {
	Style Style
	Right int // columns from this index on are aligned to the right; 0 aligns none
	Rows  [][]Cell
}

// Cell is one field of a table.
type Cell struct {
	Text  string
	Paint Paint // "" means none
}

// Cell returns a cell in the paint.
func (p Paint) Cell(text string) Cell { return Cell{text, p} }

// Plain returns a row of cells without paint.
func Plain(values ...any) []Cell {
	row := make([]Cell, len(values))
	for i, v := range values {
		row[i].Text = fmt.Sprint(v)
	}
	return row
}

// Painted returns a row of cells in one paint.
func Painted(p Paint, texts ...string) []Cell {
	row := make([]Cell, len(texts))
	for i, t := range texts {
		row[i] = Cell{t, p}
	}
	return row
}

// Add appends a row.
func (t *Table) Add(row ...Cell) { t.Rows = append(t.Rows, row) }

// String renders the table, one row a line.
func (t *Table) String() string {
	w := table.NewWriter()
	w.SetStyle(table.Style{Box: table.BoxStyle{PaddingRight: "  "}, Options: table.OptionsNoBordersAndSeparators})
	columns := 0
	for _, row := range t.Rows {
		columns = max(columns, len(row))
		painted := make(table.Row, len(row))
		for i, c := range row {
			painted[i] = t.Style.Paint(c.Paint, c.Text)
		}
		w.AppendRow(painted)
	}
	var configs []table.ColumnConfig
	for i := range columns {
		if t.Right > 0 && i >= t.Right {
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

// Wrap breaks text into lines of at most width characters, each indented by so many blanks. It
// breaks a word that is longer than a line.
func Wrap(s string, width, indent int) string {
	lines := strings.Split(text.WrapSoft(s, width-indent), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(strings.Repeat(" ", indent)+line, " ")
	}
	return strings.Join(lines, "\n")
}
