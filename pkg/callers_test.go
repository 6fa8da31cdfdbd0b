package pkg_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// caller says which packages may call some functions of another package.
type caller struct {
	of    string // the package that has the functions
	funcs []string
	may   []string
	why   string
}

var callers = []caller{
	{"pkg/core/plan", []string{"Make", "Recorded"}, []string{"pkg/core/group", "pkg/core/plan"},
		"everybody else asks the group's State, so that no two parts of sgkeeper see two different groups"},
}

// TestCallers reads the project's non-test files for calls that are not allowed.
func TestCallers(t *testing.T) {
	found := make(map[string]bool)
	eachFile(t, func(name string) {
		for _, c := range callers {
			for _, f := range callsIn(t, name, c) {
				found[f] = true
				if pkg := path.Dir(name); !slices.Contains(c.may, pkg) {
					t.Errorf("%s calls %s.%s, which only %s may: %s",
						name, path.Base(c.of), f, strings.Join(c.may, " and "), c.why)
				}
			}
		}
	})
	for _, c := range callers {
		for _, f := range c.funcs {
			if !found[f] {
				t.Errorf("nobody calls %s.%s", path.Base(c.of), f)
			}
		}
	}
}

// eachFile calls each for the project's non-test Go files.
func eachFile(t *testing.T, each func(name string)) {
	t.Helper()
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() != ".." && (d.Name() == "testdata" || d.Name() == "node_modules" ||
			d.Name()[0] == '.'):
			return fs.SkipDir
		case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			each(filepath.ToSlash(strings.TrimPrefix(name, "../")))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// callsIn returns which of the functions a file names.
func callsIn(t *testing.T, name string, c caller) (calls []string) {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", name), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	local := ""
	for _, spec := range file.Imports {
		if imported, _ := strconv.Unquote(spec.Path.Value); imported == module+c.of {
			if local = path.Base(c.of); spec.Name != nil {
				local = spec.Name.Name
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && local != "" {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == local && slices.Contains(c.funcs, s.Sel.Name) {
				calls = append(calls, s.Sel.Name)
			}
		}
		return true
	})
	return calls
}
