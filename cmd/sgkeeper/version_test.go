package main

import (
	"runtime/debug"
	"strings"
	"testing"
)

// TestSourceOf: the version is the tag, or devel with the revision.
func TestSourceOf(t *testing.T) {
	const head = "221f85c3d8f84fb0b5a8d0b7e9b2b9d6c7f0a1b2"
	vcs := []string{"vcs.revision=" + head, "vcs.time=2026-11-30T11:29:45Z"}
	for _, row := range []struct {
		build         string
		main          string // version of the main module
		settings      []string
		tag, revision string
		want          build
	}{
		{build: "a release", main: "(devel)", tag: "v1.2.3", want: build{Version: "v1.2.3"}},
		{build: "a release without a tag", main: "(devel)", revision: "221f85c+modified",
			want: build{Version: "devel", Revision: "221f85c+modified"}},
		{build: "go install ...@v1.2.3", main: "v1.2.3", want: build{Version: "v1.2.3"}},
		{build: "go install ...@main", main: "v0.0.0-20261130112945-221f85c3d8f8",
			want: build{Version: "devel", Revision: "221f85c3d8f8"}},
		{build: "go install ...@main, after a tag", main: "v1.2.4-0.20261130112945-221f85c3d8f8",
			want: build{Version: "devel", Revision: "221f85c3d8f8"}},
		{build: "go build of a tag", main: "v1.2.3", settings: vcs,
			want: build{Version: "v1.2.3", Revision: head, Time: "2026-11-30T11:29:45Z"}},
		{
			build: "go build of a commit", main: "v0.0.0-20261130112945-221f85c3d8f8",
			settings: append(vcs, "vcs.modified=false"),
			want:     build{Version: "devel", Revision: head, Time: "2026-11-30T11:29:45Z"},
		},
		{
			build: "go build of changes", main: "v0.0.0-20261130112945-221f85c3d8f8+dirty",
			settings: append(vcs, "vcs.modified=true"),
			want:     build{Version: "devel", Revision: head + "+modified", Time: "2026-11-30T11:29:45Z"},
		},
		{build: "go build -buildvcs=false", main: "(devel)", want: build{Version: "devel"}},
		{build: "go test", want: build{Version: "devel"}},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: row.main}}
		for _, setting := range row.settings {
			key, value, _ := strings.Cut(setting, "=")
			info.Settings = append(info.Settings, debug.BuildSetting{Key: key, Value: value})
		}
		if got := sourceOf(info, row.tag, row.revision); got != row.want {
			t.Errorf("%s: %+v, want %+v", row.build, got, row.want)
		}
	}
	if got := sourceOf(nil, "", ""); got != (build{Version: "devel"}) {
		t.Errorf("without build information: %+v, want devel", got)
	}
}
