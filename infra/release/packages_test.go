package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestPackagingSettings: a package names no machine and no time of its build. nfpm takes both
// from the machine if they are not set.
func TestPackagingSettings(t *testing.T) {
	text, err := json.Marshal(packaging(source{tag: "v1.2.3"},
		program{platform: platform{"linux", "arm64"}, path: "/tmp/sgkeeper"}))
	if err != nil {
		t.Fatal(err)
	}
	var settings struct {
		Name, Arch, Version, MTime string
		RPM                        struct{ BuildHost string }
		Contents                   []struct {
			Dst      string
			FileInfo struct {
				Mode  int
				MTime string
			} `json:"file_info"`
		}
	}
	if err := json.Unmarshal(text, &settings); err != nil {
		t.Fatal(err)
	}
	if settings.Arch != "arm64" || settings.Version != "1.2.3" || settings.RPM.BuildHost != "sgkeeper" {
		t.Errorf("the settings are %s; want version 1.2.3 for arm64, built on the host sgkeeper", text)
	}
	for _, c := range settings.Contents {
		if program := strings.HasPrefix(c.Dst, "/usr/bin/"); c.FileInfo.MTime != settings.MTime ||
			program != (c.FileInfo.Mode == 0o755) {
			t.Errorf("%s has mode %o and time %q", c.Dst, c.FileInfo.Mode, c.FileInfo.MTime)
		}
	}
	if settings.MTime != "1980-01-01T00:00:00Z" || len(settings.Contents) != 2 {
		t.Errorf("the time is %q, and there are %d files", settings.MTime, len(settings.Contents))
	}
}
