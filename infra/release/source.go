package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/mod/semver"
)

// source is the origin of a release. At most one of its fields is set, so a tag alone
// determines the bytes of a release. A source without git's history has neither.
type source struct {
	tag      string // v1.2.3
	revision string // the commit, with +modified if the source differs from it
}

// String returns the version as `sgkeeper --version` prints it.
func (s source) String() string {
	switch {
	case s.tag != "":
		return s.tag
	case s.revision != "":
		return "devel (" + s.revision + ")"
	}
	return "devel"
}

// number returns the version as a package has it: a semantic version without v. A source without
// a tag has one that is lower than each tag's.
func (s source) number() string {
	switch {
	case s.tag != "":
		return strings.TrimPrefix(s.tag, "v")
	case s.revision != "":
		commit, modified, _ := strings.Cut(s.revision, "+")
		return strings.TrimSuffix("0.0.0-devel.g"+commit[:12]+"."+modified, ".")
	}
	return "0.0.0-devel"
}

// findSource returns the source in the working directory. The tag is "", or that of a source
// without git's history.
func findSource(tag string) (source, error) {
	if tag != "" {
		return tagged(tag)
	}
	top, err := git("rev-parse", "--show-prefix")
	if err != nil || top != "" { // a folder in another repository has that one's tags
		fmt.Fprintln(os.Stderr, "release: this folder is no repository of git, so the version is devel; for another, give -tag")
		return source{}, nil
	}
	revision, err := git("rev-parse", "HEAD")
	if err != nil {
		return source{}, err
	}
	changes, err := git("status", "--porcelain", "--untracked-files=no") // the release's folder may be untracked
	if err != nil {
		return source{}, err
	}
	if changes != "" {
		return source{revision: revision + "+modified"}, nil
	}
	if tag, err := git("describe", "--tags", "--exact-match", "--match", "v[0-9]*"); err == nil {
		return tagged(tag)
	}
	return source{revision: revision}, nil
}

func tagged(tag string) (source, error) {
	if semver.Canonical(tag) != tag {
		return source{}, fmt.Errorf("the tag %q is no version: want a semantic version of three numbers, such as v1.2.3", tag)
	}
	return source{tag: tag}, nil
}

// git returns the output of a git command.
func git(args ...string) (string, error) {
	out, err := exec.Command("git", args...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}
