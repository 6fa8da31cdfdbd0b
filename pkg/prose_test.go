package pkg_test

import (
	"cmp"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var worst = flag.Bool("worst", false,
	"TestProse prints the ten longest sentences of the docs, and the comments with the most free relatives")

// text is a piece of prose: a comment, or a paragraph, list item or table cell of a page.
type text struct {
	file  string
	line  int
	prose string
}

// Bounds of TestProse, measured in well-kept projects.
const (
	mostRelatives = 2   // free relatives in 1,000 words
	leastExamples = 0.6 // examples in 1,000 words
	longest       = 40  // words in a sentence of the README and the docs
)

var (
	word     = regexp.MustCompile(`[A-Za-z][A-Za-z'-]*`)
	relative = regexp.MustCompile(`(?i)\b(what|who|whoever|whose|whatever)\b`)
	example  = regexp.MustCompile(`(?i)\b(for example|such as)\b`)
	sentence = regexp.MustCompile(`[.!?:](\s|$)`)
	code     = regexp.MustCompile("`[^`]*`")
	target   = regexp.MustCompile(`\]\([^)]*\)`)
)

// TestProse holds the language of comments and docs: subject, verb and object instead of free
// relatives, examples, and sentences that can be read once.
func TestProse(t *testing.T) {
	comments, pages := commentTexts(t), pageTexts(t)
	var words, relatives, examples int
	for _, x := range slices.Concat(comments, pages) {
		words += len(word.FindAllString(x.prose, -1))
		relatives += len(relative.FindAllString(x.prose, -1))
		examples += len(example.FindAllString(x.prose, -1))
	}
	perThousand := func(n int) float64 { return 1000 * float64(n) / float64(words) }
	fmt.Printf("prose: %d words, %.2f free relatives and %.2f examples in 1,000 words\n",
		words, perThousand(relatives), perThousand(examples))
	if words < 50_000 {
		t.Errorf("%d words, so some of the text was not read", words)
	}
	if r := perThousand(relatives); r > mostRelatives {
		t.Errorf("%.2f free relatives in 1,000 words, want at most %d; -worst names the texts", r, mostRelatives)
	}
	if e := perThousand(examples); e < leastExamples {
		t.Errorf("%.2f examples in 1,000 words, want at least %.1f", e, leastExamples)
	}
	sentences := sentencesOf(pages)
	for _, s := range sentences {
		if n := length(s); n > longest {
			t.Errorf("%s:%d: a sentence of %d words, want at most %d: %s", s.file, s.line, n, longest, s.prose)
		}
	}
	if *worst {
		printWorst(t, sentences, comments)
	}
}

func length(x text) int { return len(strings.Fields(x.prose)) }

// printWorst shows the ten longest sentences of the pages, and the ten comments with the most
// free relatives.
func printWorst(t *testing.T, sentences, comments []text) {
	slices.SortStableFunc(sentences, func(a, b text) int { return cmp.Compare(length(b), length(a)) })
	for _, s := range sentences[:min(10, len(sentences))] {
		t.Logf("%s:%d: %d words: %s", s.file, s.line, length(s), s.prose)
	}
	relatives := func(x text) int { return len(relative.FindAllString(x.prose, -1)) }
	slices.SortStableFunc(comments, func(a, b text) int { return cmp.Compare(relatives(b), relatives(a)) })
	for _, c := range comments[:min(10, len(comments))] {
		t.Logf("%s:%d: %d free relatives: %s", c.file, c.line, relatives(c), c.prose)
	}
}

// sentencesOf splits texts into sentences. Code counts as one word, and a link as its text.
func sentencesOf(texts []text) (all []text) {
	for _, x := range texts {
		prose := target.ReplaceAllString(code.ReplaceAllString(x.prose, "code"), "")
		for _, s := range sentence.Split(prose, -1) {
			if s = strings.TrimSpace(s); s != "" {
				all = append(all, text{x.file, x.line, s})
			}
		}
	}
	return all
}

// commentTexts returns the comments of all Go files.
func commentTexts(t *testing.T) (all []text) {
	t.Helper()
	walk(t, ".go", func(name string) {
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, filepath.Join("..", name), nil,
			parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range file.Comments {
			all = append(all, text{name, files.Position(c.Pos()).Line, c.Text()})
		}
	})
	return all
}

// pageTexts returns the paragraphs, list items and table cells of all pages, without code
// blocks.
func pageTexts(t *testing.T) (all []text) {
	t.Helper()
	walk(t, ".md", func(name string) {
		page, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, blocks(name, string(page))...)
	})
	return all
}

var startsBlock = regexp.MustCompile(`^\s*([-*+]|[0-9]+\.|#+)\s`)

// blocks splits a page at blank lines, list items, headings and table cells.
func blocks(name, page string) (all []text) {
	var current text
	flush := func() {
		if current.prose != "" {
			all = append(all, current)
		}
		current = text{}
	}
	fenced := false
	for i, line := range strings.Split(page, "\n") {
		switch trimmed := strings.TrimSpace(line); {
		case strings.HasPrefix(trimmed, "```"):
			flush()
			fenced = !fenced
		case fenced, strings.HasPrefix(trimmed, "<!--"):
		case trimmed == "":
			flush()
		case strings.HasPrefix(trimmed, "|"):
			flush()
			for cell := range strings.SplitSeq(trimmed, "|") {
				all = append(all, text{name, i + 1, cell})
			}
		default:
			if startsBlock.MatchString(line) {
				flush()
			}
			if current.prose == "" {
				current = text{file: name, line: i + 1}
			}
			current.prose += trimmed + " "
		}
	}
	flush()
	return all
}

// walk calls each for the project's files that have the extension.
func walk(t *testing.T, ext string, each func(name string)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(".."), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || name != "." && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case path.Ext(name) == ext:
			each(name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
