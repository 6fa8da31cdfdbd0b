package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/sgkeeper/sgkeeper/infra/stack"
)

// platform is an operating system and an architecture, by Go's names.
type platform struct{ os, arch string }

// platforms are those that the command line is for.
var platforms = []platform{
	{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"},
	{"windows", "arm64"},
}

// program is a built program.
type program struct {
	platform        // of the command line; empty for a function
	archive  string // file of the release that holds the program
	path     string // of the program
}

// build builds the functions for each architecture, and the command line for the platforms.
func build(from source, commands []platform, work string) (programs []program, err error) {
	for _, function := range []string{"ensure", "audit"} {
		for _, a := range []stack.Architecture{stack.ARM64, stack.X86} {
			p, err := buildFunction(function, a, work)
			if err != nil {
				return nil, err
			}
			programs = append(programs, p)
		}
	}
	for _, target := range commands {
		p, err := buildCommand(from, target, work)
		if err != nil {
			return nil, err
		}
		programs = append(programs, p)
	}
	return programs, nil
}

// buildFunction builds a function as the CDK app does.
func buildFunction(function string, a stack.Architecture, work string) (program, error) {
	archive := stack.ZipName(function, a)
	folder := filepath.Join(work, archive)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return program{}, err
	}
	p := program{archive: archive, path: filepath.Join(folder, "bootstrap")}
	return p, stack.Build(".", function, a, folder)
}

// buildCommand builds the command line. Version control stays out of the program, so that a copy
// of the source makes the same bytes. The linker sets the version.
func buildCommand(from source, target platform, work string) (program, error) {
	name, suffix := "sgkeeper", ".tar.gz"
	if target.os == "windows" {
		name, suffix = "sgkeeper.exe", ".zip"
	}
	p := program{platform: target, archive: "sgkeeper_" + target.os + "_" + target.arch + suffix}
	p.path = filepath.Join(work, p.archive, name)
	linker := "-s -w -buildid= -X main.tag=" + from.tag + " -X main.revision=" + from.revision
	compile := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", linker, "-o", p.path,
		"./cmd/sgkeeper")
	compile.Env = append(os.Environ(), stack.BuildEnvironment(target.os, target.arch)...)
	if out, err := compile.CombinedOutput(); err != nil {
		return program{}, fmt.Errorf("cmd/sgkeeper does not build for %s/%s: %w\n%s", target.os, target.arch, err, out)
	}
	return p, nil
}

// pack writes the program's archive to the folder. The command line comes with its licence.
func (p program) pack(folder string) error {
	files := []file{{name: filepath.Base(p.path), path: p.path, mode: 0o755}}
	if p.platform != (platform{}) {
		files = append(files, file{name: "LICENSE", path: "LICENSE", mode: 0o644})
	}
	to := filepath.Join(folder, p.archive)
	if strings.HasSuffix(p.archive, ".zip") {
		return writeZip(to, files...)
	}
	return writeTar(to, files...)
}
