package stack

import (
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
	files []string
}

// found is what begins with a scheme, or else a file.
func found(what, scheme string) text {
	if what == "" || strings.HasPrefix(what, scheme) {
		return text{name: what}
	}
	return text{filepath.Base(what), []string{what}}
}
