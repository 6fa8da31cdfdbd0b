package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestFindSource: the version is the tag of an unchanged commit, or the commit.
func TestFindSource(t *testing.T) {
	t.Chdir(t.TempDir())
	find := func(tag string) source {
		t.Helper()
		s, err := findSource(tag)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if got := find(""); got != (source{}) || got.String() != "devel" || got.number() != "0.0.0-devel" {
		t.Errorf("without a repository: %q, %s", got, got.number())
	}
	if got := find("v1.2.3"); got.String() != "v1.2.3" || got.number() != "1.2.3" {
		t.Errorf("with -tag: %q, %s", got, got.number())
	}
	run(t, "init", "-q")
	change(t, "one")
	run(t, "add", "file")
	run(t, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "one")
	commit, err := git("rev-parse", "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if got := find(""); got != (source{revision: commit}) || got.String() != "devel ("+commit+")" ||
		got.number() != "0.0.0-devel.g"+commit[:12] {
		t.Errorf("a commit without a tag: %q, %s", got, got.number())
	}
	run(t, "tag", "release") // no version
	run(t, "tag", "v2.0.0-rc.1")
	if err := os.WriteFile("untracked", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := find(""); got != (source{tag: "v2.0.0-rc.1"}) || got.number() != "2.0.0-rc.1" {
		t.Errorf("a commit with a tag: %q, %s", got, got.number())
	}
	for tag, want := range map[string]string{"v2.0.0-rc.1": "",
		"v2.0.0": `the tag "v2.0.0" is not that of the source, which is v2.0.0-rc.1`} {
		if _, err := findSource(tag); (err == nil) != (want == "") || err != nil &&
			!strings.HasPrefix(err.Error(), want) {
			t.Errorf("-tag %s: %v, want %q", tag, err, want)
		}
	}
	run(t, "tag", "v10.0.0")
	run(t, "tag", "v10.0.0-rc.1")
	run(t, "tag", "vNext")
	if got := find(""); got != (source{tag: "v10.0.0"}) {
		t.Errorf("a commit with several tags: %q, want the highest", got)
	}
	change(t, "two")
	if got := find(""); got.String() != "devel ("+commit+"+modified)" ||
		got.number() != "0.0.0-devel.g"+commit[:12]+".modified" {
		t.Errorf("a changed file: %q, %s", got, got.number())
	}
	if err := os.Mkdir("copy", 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir("copy")
	if got := find(""); got != (source{}) {
		t.Errorf("a folder in another repository: %q, want no version of that one", got)
	}
}

// TestTags: a tag is a whole semantic version. Nothing else gets into the linker's flags.
func TestTags(t *testing.T) {
	for _, tag := range []string{"1.2.3", "v1", "v1.2", "v1.2.3 -X main.x=y", "v01.2.3", "v1.2.3+meta", "release"} {
		if _, err := findSource(tag); err == nil ||
			!regexp.MustCompile(`the tag ".*" is no version: want .*v1\.2\.3`).MatchString(err.Error()) {
			t.Errorf("%q: %v, want it refused", tag, err)
		}
	}
}

func change(t *testing.T, content string) {
	t.Helper()
	if err := os.WriteFile("file", []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
