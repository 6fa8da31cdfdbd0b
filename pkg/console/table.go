package console

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Table is a table without a frame. Its columns are as wide as their contents, two spaces
// apart. If it is wider than its style allows, each row is a list of the headings and values.
type Table struct {
	Style Style
	Right int      // columns from this index on are aligned to the right; 0 aligns none
	Rows  [][]Cell // the first has the headings; a row without a first value continues the one before
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

// String renders the table: one row a line, or as lists.
func (t *Table) String() string {
	lines := t.lines()
	for line := range strings.SplitSeq(lines, "\n") {
		if t.Style.Width > 0 && text.StringWidthWithoutEscSequences(line) > t.Style.Width {
			return t.lists()
		}
	}
	return lines
}

func (t *Table) lines() string {
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

// lists renders each row as a list, with the rows that continue it. A value without a heading, such
// as a mark, is on the line of the next value.
func (t *Table) lists() string {
	var out strings.Builder
	heads, label := t.Rows[0], 0
	for _, head := range heads {
		label = max(label, text.StringWidthWithoutEscSequences(head.Text))
	}
	for rest := t.Rows[1:]; len(rest) > 0; {
		n := 1
		for n < len(rest) && heads[0].Text != "" && rest[n][0].Text == "" {
			n++
		}
		mark := ""
		for column, head := range heads {
			for _, row := range rest[:n] {
				switch {
				case column >= len(row), row[column].Text == "":
				case head.Text == "" && column+1 < len(row):
					mark = row[column].Text + " "
				default:
					t.item(&out, head, label, Cell{mark + row[column].Text, row[column].Paint})
					mark = ""
				}
			}
		}
		if rest = rest[n:]; len(rest) > 0 {
			out.WriteByte('\n')
		}
	}
	return out.String()
}

// item writes a heading and a value, on as many lines as the value needs.
func (t *Table) item(out *strings.Builder, head Cell, label int, value Cell) {
	padding := strings.Repeat(" ", label-text.StringWidthWithoutEscSequences(head.Text)+2)
	wrapped := Wrap(value.Text, max(t.Style.Width, label+12), label+2)
	for i, line := range strings.Split(wrapped, "\n") {
		line = t.Style.Paint(value.Paint, strings.TrimLeft(line, " "))
		if i == 0 {
			line = t.Style.Paint(head.Paint, head.Text) + padding + line
		} else {
			line = strings.Repeat(" ", label+2) + line
		}
		fmt.Fprintln(out, line)
	}
}

// Fit breaks the lines of a text that are wider than the style allows. The further lines of one
// are indented by two blanks more.
func (s Style) Fit(lines string) string {
	if s.Width == 0 {
		return lines
	}
	all := strings.Split(lines, "\n")
	for i, line := range all {
		if text.StringWidthWithoutEscSequences(line) <= s.Width {
			continue
		}
		indent := len(line) - len(strings.TrimLeft(line, " ")) + 2
		wrapped := Wrap(strings.TrimLeft(line, " "), s.Width, indent)
		all[i] = wrapped[2:] // the first line is indented as before
	}
	return strings.Join(all, "\n")
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
