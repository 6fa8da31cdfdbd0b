package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
	"golang.org/x/mod/module"

	"github.com/sgkeeper/sgkeeper/pkg/console"
)

// The source of a release, which infra/release sets with -ldflags -X: its tag, or its revision
// if it has no tag. Both are empty in other builds.
var tag, revision string

const devel = "devel" // the version of a source without a tag

// build is the output of `sgkeeper version --output json`.
type build struct {
	Version  string `json:"version"`            // the tag, or devel
	Revision string `json:"revision,omitempty"` // of the source, with +modified if it was not committed
	Time     string `json:"time,omitempty"`     // of the revision
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// thisBuild describes this binary.
func thisBuild() build {
	info, _ := debug.ReadBuildInfo()
	b := sourceOf(info, tag, revision)
	b.Go, b.Platform = runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH
	return b
}

// sourceOf returns version, revision and time of a binary's source. The tag and the revision of
// a release take precedence over the build information, which may be nil.
func sourceOf(info *debug.BuildInfo, tag, revision string) build {
	if tag != "" || revision != "" || info == nil {
		b := build{Version: devel, Revision: revision}
		if tag != "" {
			b.Version = tag
		}
		return b
	}
	b := build{Version: info.Main.Version}
	if rev, err := module.PseudoVersionRev(b.Version); err == nil {
		b.Version, b.Revision = devel, rev
	}
	if b.Version == "" || b.Version == "(devel)" {
		b.Version = devel
	}
	modified := ""
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Revision = setting.Value
		case "vcs.time":
			b.Time = setting.Value
		case "vcs.modified":
			if setting.Value == "true" {
				modified = "+modified"
			}
		}
	}
	b.Revision += modified
	return b
}

// version is one line: version, revision, Go and platform.
func version() string {
	b := thisBuild()
	if b.Revision != "" {
		return fmt.Sprintf("%s (%s) %s %s", b.Version, b.Revision, b.Go, b.Platform)
	}
	return fmt.Sprintf("%s %s %s", b.Version, b.Go, b.Platform)
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version and the build of sgkeeper",
		Long: "Print version, source revision, Go version and platform of this build. " +
			"The version is the\nsource's tag, or devel if it has none.",
		Example: "  sgkeeper version\n  sgkeeper version --output json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if outputOf(cmd) == jsonFormat {
				return console.WriteJSON(cmd.OutOrStdout(), thisBuild())
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "sgkeeper", version())
			return err
		},
	}
}
