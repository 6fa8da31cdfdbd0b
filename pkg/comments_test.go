package pkg_test

import (
	"regexp"
	"strings"
	"testing"
)

// namedFile is a Go file or a page in a comment, but no pattern such as *_test.go.
var namedFile = regexp.MustCompile(`(?:^|[^\w./*-])((?:[\w-]+/)*[\w-]+\.(?:go|md))\b`)

// TestCommentsNameFiles keeps comments to files that exist, by the end of their path. For
// example, dynamo/item.go names pkg/aws/dynamo/item.go.
func TestCommentsNameFiles(t *testing.T) {
	exists := make(map[string]bool)
	for _, extension := range []string{".go", ".md"} {
		walk(t, extension, func(name string) {
			for end, ok := name, true; ok; _, end, ok = strings.Cut(end, "/") {
				exists[end] = true
			}
		})
	}
	named := 0
	for _, comment := range commentTexts(t) {
		for _, m := range namedFile.FindAllStringSubmatch(comment.prose, -1) {
			if named++; !exists[m[1]] {
				t.Errorf("%s:%d: a comment names %s, which does not exist", comment.file, comment.line, m[1])
			}
		}
	}
	if named < 10 {
		t.Errorf("found %d names of files in comments, want at least 10", named)
	}
}
