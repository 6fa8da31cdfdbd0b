// Command release writes the artifacts of a release to a folder. Run it from the top of the
// module:
//
//	go run ./infra/release FOLDER
//
// The steps, each in a file of its own:
//
//   - source.go finds the tag or the revision of the source.
//   - template.go writes the CloudFormation templates of an installation and of a member.
//   - program.go builds the functions and the command line.
//   - archive.go packs programs into zip and tar.gz files.
//   - packages.go makes deb and rpm packages of the command line.
//   - sbom.go lists the modules in each program, as CycloneDX.
//   - sums.go writes the checksums of all files.
//
// The same source and Go version make the same bytes, in any folder and on any machine: no
// artifact holds a time, a path or a host name. `infra/release/compare` checks it.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

func main() {
	host := flag.Bool("host", false, "leave out the command line of other platforms than this machine's")
	tag := flag.String("tag", "", "`tag` of the source, such as v1.2.3; by default the tag that git has for it")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./infra/release [-host] [-tag v1.2.3] FOLDER")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	commands := platforms
	if *host {
		commands = []platform{{runtime.GOOS, runtime.GOARCH}}
	}
	if err := write(flag.Arg(0), *tag, commands); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// write writes a release to the folder, with the command line for the platforms.
func write(folder, tag string, commands []platform) error {
	from, err := findSource(tag)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "release:", from)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "sgkeeper")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)

	artifacts, err := writeTemplates(folder, work)
	if err != nil {
		return err
	}
	programs, err := build(from, commands, work)
	if err != nil {
		return err
	}
	for _, p := range programs {
		if err := p.pack(folder); err != nil {
			return err
		}
		artifacts = append(artifacts, p.archive)
	}
	packages, err := writePackages(folder, work, from, programs)
	if err != nil {
		return err
	}
	bom, err := describe(from, programs)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, bomName), bom, 0o644); err != nil {
		return err
	}
	return writeSums(folder, slices.Concat(artifacts, packages, []string{bomName}))
}
