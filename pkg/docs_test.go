package pkg_test

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestMap keeps docs/architecture.md the map of the tree: its section "The tree" names each
// package below pkg/ and functions/ once.
func TestMap(t *testing.T) {
	page, err := os.ReadFile("../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tree, ok := strings.Cut(string(page), "\n## The tree\n")
	if !ok {
		t.Fatal("docs/architecture.md has no section \"The tree\"")
	}
	tree, _, _ = strings.Cut(tree, "\n## ")
	folders := slices.Concat(folders(t, "pkg"), folders(t, "pkg/core"), folders(t, "pkg/aws"),
		folders(t, "functions"), folders(t, "functions/ensure"), folders(t, "functions/audit"))
	for _, folder := range folders {
		if n := strings.Count(tree, "`"+folder+"`"); n != 1 {
			t.Errorf("docs/architecture.md names %s %d times under \"The tree\", want once", folder, n)
		}
	}
}

// folders returns the folders directly below one, without testdata.
func folders(t *testing.T, below string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir("../" + below)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && e.Name() != "testdata" {
			all = append(all, below+"/"+e.Name())
		}
	}
	return all
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	noSlug  = regexp.MustCompile(`[^\w\- ]`)
)

// TestPagesLead follows the links between the pages of the project, to the
// heading where one is named.
func TestPagesLead(t *testing.T) {
	pages, err := fs.Glob(os.DirFS(".."), "docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal(pages, err)
	}
	for _, page := range append(pages, "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md") {
		text, err := os.ReadFile(filepath.Join("..", page))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if u, err := url.Parse(m[1]); err != nil || u.Scheme == "" && !leads(page, u) {
				t.Errorf("%s links to %s, which leads nowhere", page, m[1])
			}
		}
	}
}

var (
	namedTest   = regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w*)`")
	definedTest = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z]\w*)\(`)
)

// TestThreats keeps docs/threats.md to the tests that there are.
func TestThreats(t *testing.T) {
	page, err := os.ReadFile("../docs/threats.md")
	if err != nil {
		t.Fatal(err)
	}
	defined := make(map[string]bool)
	for _, folder := range []string{"cmd", "events", "functions", "infra", "pkg"} {
		err := filepath.WalkDir(filepath.Join("..", folder), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range definedTest.FindAllStringSubmatch(string(text), -1) {
				defined[m[1]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	named := namedTest.FindAllStringSubmatch(string(page), -1)
	for _, m := range named {
		if !defined[m[1]] {
			t.Errorf("docs/threats.md names %s, which is no test", m[1])
		}
	}
	if len(named) < 40 {
		t.Errorf("docs/threats.md names %d tests, want at least 40", len(named))
	}
}

// leads reports whether there is what a link of a page names.
func leads(page string, u *url.URL) bool {
	target := filepath.Join("..", page)
	if u.Path != "" {
		target = filepath.Join(filepath.Dir(target), u.Path)
	}
	if u.Fragment == "" {
		_, err := os.Stat(target)
		return err == nil
	}
	text, err := os.ReadFile(target)
	for _, m := range heading.FindAllStringSubmatch(string(text), -1) {
		slug := noSlug.ReplaceAllString(strings.ToLower(m[1]), "")
		if err == nil && strings.ReplaceAll(slug, " ", "-") == u.Fragment {
			return true
		}
	}
	return false
}
