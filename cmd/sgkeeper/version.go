package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/console"
)

// build is the output of `sgkeeper version --output json`.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // of the source, with +modified if it was not committed
	Time     string `json:"time,omitempty"`     // of the revision
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// thisBuild reads the build information that the Go toolchain wrote into the binary.
func thisBuild() build {
	b := build{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Revision = setting.Value + b.Revision
		case "vcs.time":
			b.Time = setting.Value
		case "vcs.modified":
			if setting.Value == "true" {
				b.Revision += "+modified"
			}
		}
	}
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
		Use:     "version",
		Short:   "Print which build of sgkeeper this is",
		Long:    "Print version, source revision, Go version and platform of this build.",
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
