package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// nfpm makes the packages. It is no requirement of the module, because it would bring sixty
// others. Later versions require modules that the module proxy does not serve.
const nfpm = "github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.0"

// writePackages writes a deb and an rpm package for each Linux among the command line's
// programs. If Go cannot get nfpm, it says so and writes none.
func writePackages(folder, work string, from source, programs []program) (names []string, err error) {
	if out, err := tool(nfpm, "--version").CombinedOutput(); err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		fmt.Fprintf(os.Stderr, "release: left out the deb and rpm packages: Go cannot get %s: %s\n", nfpm,
			lines[len(lines)-1])
		return nil, nil
	}
	for _, p := range programs {
		if p.os != "linux" {
			continue
		}
		settings := filepath.Join(work, p.archive+".nfpm.yaml")
		text, err := json.Marshal(packaging(from, p)) // JSON is YAML
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(settings, text, 0o644); err != nil {
			return nil, err
		}
		for _, kind := range []string{"deb", "rpm"} {
			name := strings.TrimSuffix(p.archive, "tar.gz") + kind
			make := tool(nfpm, "package", "--config", settings, "--packager", kind, "--target",
				filepath.Join(folder, name))
			if out, err := make.CombinedOutput(); err != nil {
				return nil, fmt.Errorf("%s: %w\n%s", name, err, out)
			}
			names = append(names, name)
		}
	}
	return names, nil
}

// packaging returns nfpm's settings for a program. Its reference: https://nfpm.goreleaser.com
func packaging(from source, p program) map[string]any {
	content := func(path, to string, mode int) map[string]any {
		info := map[string]any{"mode": mode, "owner": "root", "group": "root", "mtime": epoch.Format(time.RFC3339)}
		return map[string]any{"src": path, "dst": to, "file_info": info}
	}
	return map[string]any{
		"name": "sgkeeper", "platform": p.os, "arch": p.arch, "version": from.number(), "version_schema": "semver",
		"section": "admin", "priority": "optional", "license": "Apache-2.0",
		"homepage":   "https://github.com/sgkeeper/sgkeeper",
		"maintainer": "sgkeeper <https://github.com/sgkeeper/sgkeeper>",
		"description": "opens and closes ports on shared AWS security groups\nThe command line of sgkeeper: " +
			"publishes launches, explains and audits rules.",
		"mtime": epoch.Format(time.RFC3339),
		"rpm":   map[string]any{"buildhost": "sgkeeper"}, // by default the name of this machine
		"contents": []any{
			content(p.path, "/usr/bin/sgkeeper", 0o755),
			content("LICENSE", "/usr/share/doc/sgkeeper/copyright", 0o644),
		},
	}
}

// tool is a command that Go gets and builds for this machine.
func tool(module string, args ...string) *exec.Cmd {
	run := exec.Command("go", append([]string{"run", module}, args...)...)
	run.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	return run
}
