package stack

import (
	"os"
	"path/filepath"
	"strings"
)

// Schemes of names that are not files.
const (
	ssmScheme = "ssm:"
	s3Scheme  = "s3://"
)

// text is a text that a function reads, for example the guardrails: its name, and the file to bundle
// if it is one.
type text struct {
	name  string
	files []bundled
}

// bundled is a file beside a function's program.
type bundled struct {
	name string
	read func() ([]byte, error)
}

// found returns the text of a name that starts with the scheme, or of a file.
func found(what, scheme string) text {
	if what == "" || strings.HasPrefix(what, scheme) {
		return text{name: what}
	}
	name := filepath.Base(what)
	return text{name, []bundled{{name, func() ([]byte, error) { return os.ReadFile(what) }}}}
}
