package stack

import (
	"os"
	"path/filepath"
	"strings"
)

// What stands before the names of things that are no files.
const (
	ssmScheme = "ssm:"
	s3Scheme  = "s3://"
)

// text is something that a function reads, by the name that it finds it by, and
// the file to bundle for that.
type text struct {
	name  string
	files []bundled
}

// bundled is a file that lies beside a function's program.
type bundled struct {
	name string
	read func() ([]byte, error)
}

// found is what begins with a scheme, or else a file.
func found(what, scheme string) text {
	if what == "" || strings.HasPrefix(what, scheme) {
		return text{name: what}
	}
	name := filepath.Base(what)
	return text{name, []bundled{{name, func() ([]byte, error) { return os.ReadFile(what) }}}}
}
