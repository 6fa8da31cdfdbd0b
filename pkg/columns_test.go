package pkg_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// columns is the width of a window in which the code reads well. A tab counts as four columns.
const columns = 120

// TestColumns: no line of the code is wider than a window. A line with an address cannot be cut,
// nor an example of a command.
func TestColumns(t *testing.T) {
	walk(t, ".go", func(file string) {
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		text, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			width := utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    "))
			if width > columns && !strings.Contains(line, "https://") && !strings.Contains(line, "= `") {
				t.Errorf("%s:%d: %d columns, want at most %d", file, i+1, width, columns)
			}
		}
	})
}
