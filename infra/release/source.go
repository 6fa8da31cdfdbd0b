package main

import (
	"errors"
	"fmt"
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

// findSource returns the source in the working directory. Give a tag for a source without git's
// history, such as an unpacked archive. It fails if git has another version.
func findSource(tag string) (source, error) {
	if tag != "" && semver.Canonical(tag) != tag {
		return source{}, fmt.Errorf("the tag %q is no version: want a semantic version of three "+
			"numbers, such as v1.2.3", tag)
	}
	prefix, err := git("rev-parse", "--show-prefix")
	if err != nil || prefix != "" { // a folder in another repository has that one's tags
		return source{tag: tag}, nil
	}
	found, err := ofGit()
	if err == nil && tag != "" && found.tag != tag {
		return source{}, fmt.Errorf("the tag %q is not that of the source, which is %s: "+
			"check out the tag, or leave -tag out", tag, found)
	}
	return found, err
}

// ofGit returns the source that is checked out. If it has several tags, the highest counts.
func ofGit() (source, error) {
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
	tags, err := git("tag", "--points-at", "HEAD")
	if err != nil {
		return source{}, err
	}
	highest := ""
	for _, tag := range strings.Fields(tags) {
		if semver.Canonical(tag) == tag && semver.Compare(tag, highest) > 0 {
			highest = tag
		}
	}
	if highest == "" {
		return source{revision: revision}, nil
	}
	return source{tag: highest}, nil
}

// git returns the output of a git command.
func git(args ...string) (string, error) {
	out, err := exec.Command("git", args...).Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(string(failed.Stderr)))
	}
	return strings.TrimSpace(string(out)), err
}
