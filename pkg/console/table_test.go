package console

import (
	"strings"
	"testing"
)

// TestNarrowTable: a table that is wider than its style is a list for each row. No line of a list
// is wider, and every value is in it.
func TestNarrowTable(t *testing.T) {
	table := Table{Style: Style{Width: 40}}
	table.Add(Painted(Bold, "", "LAUNCH", "RULES", "WHY")...)
	table.Add(Plain("~", "web", "tcp 443 from 10.0.0.0/8", "the reason is longer than a line of the terminal")...)
	table.Add(Plain("", "db", "", "-")...)
	const want = `LAUNCH  ~ web
RULES   tcp 443 from 10.0.0.0/8
WHY     the reason is longer than a line
        of the terminal

LAUNCH  db
WHY     -
`
	if got := table.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	rows := Table{Style: Style{Width: 30, Colour: true}}
	rows.Add(Painted(Bold, "LAUNCH", "RULES", "NOTE")...)
	rows.Add(Red.Cell("web"), Cell{Text: "a"}, Cell{Text: strings.Repeat("x", 40)})
	rows.Add(Plain("", "b")...)
	const painted = "\x1b[1mLAUNCH\x1b[0m  \x1b[31mweb\x1b[0m\n\x1b[1mRULES\x1b[0m   a\n\x1b[1mRULES\x1b[0m   b\n" +
		"\x1b[1mNOTE\x1b[0m    xxxxxxxxxxxxxxxxxxxxxx\n        xxxxxxxxxxxxxxxxxx\n"
	if got := rows.String(); got != painted {
		t.Errorf("got\n%q\nwant\n%q", got, painted)
	}
	rows.Style.Width = 80
	if got := rows.String(); strings.Count(got, "\n") != 3 {
		t.Errorf("got\n%s\nwant a row a line", got)
	}
}

// TestFit breaks lines that are too wide, and leaves the others as they are.
func TestFit(t *testing.T) {
	const in = "  - a  b\n  - one two three four five\n\nword"
	const want = "  - a  b\n  - one two\n    three four\n    five\n\nword"
	if got := (Style{Width: 15}).Fit(in); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := (Style{}).Fit(in); got != in {
		t.Errorf("got\n%s\nwant it as it is", got)
	}
}
