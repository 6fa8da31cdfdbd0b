// Command release writes what those need who deploy without CDK: the template of
// an installation, the functions as zip files, and the checksums of all. The same
// source with the same Go gives the same bytes.
package main

import (
	"archive/zip"
	"compress/flate"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/sgkeeper/sgkeeper/infra/stack"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./infra/release FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

const template = "sgkeeper.template.json"

func write(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if err := synth(folder); err != nil {
		return err
	}
	names := []string{template}
	for _, function := range []string{"ensure", "audit"} {
		for _, a := range []stack.Architecture{stack.ARM64, stack.X86} {
			name := stack.ZipName(function, a)
			if err := pack(function, a, filepath.Join(folder, name)); err != nil {
				return err
			}
			names = append(names, name)
		}
	}
	return sum(folder, names)
}

// synth has the app write its template, as the CDK CLI would.
func synth(folder string) error {
	assembly, err := os.MkdirTemp("", "sgkeeper")
	if err != nil {
		return err
	}
	defer os.RemoveAll(assembly)
	app := exec.Command("go", "run", "./infra")
	app.Env = append(os.Environ(), "CDK_OUTDIR="+assembly, `CDK_CONTEXT_JSON={"release":"on"}`)
	app.Stderr = os.Stderr
	if err := app.Run(); err != nil {
		return fmt.Errorf("the template: %w (run this from the top of the module)", err)
	}
	text, err := os.ReadFile(filepath.Join(assembly, template))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, template), text, 0o644)
}

// pack builds a function and zips its program.
func pack(function string, a stack.Architecture, file string) error {
	built, err := os.MkdirTemp("", "sgkeeper")
	if err != nil {
		return err
	}
	defer os.RemoveAll(built)
	if err := stack.Build(".", function, a, built); err != nil {
		return err
	}
	program, err := os.ReadFile(filepath.Join(built, "bootstrap"))
	if err != nil {
		return err
	}
	to, err := os.Create(file)
	if err != nil {
		return err
	}
	defer to.Close()
	if err := zipped(to, program); err != nil {
		return err
	}
	return to.Close()
}

// zipped writes a zip file of the program alone, dated so that it does not
// matter when it is made.
func zipped(to io.Writer, program []byte) error {
	z := zip.NewWriter(to)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	header.SetMode(0o755)
	w, err := z.CreateHeader(header)
	if err != nil {
		return err
	}
	if _, err := w.Write(program); err != nil {
		return err
	}
	return z.Close()
}

// sum writes the checksums of files, as sha256sum -c reads them.
func sum(folder string, names []string) error {
	to, err := os.Create(filepath.Join(folder, "sha256sums"))
	if err != nil {
		return err
	}
	defer to.Close()
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(io.MultiWriter(to, os.Stdout), "%x  %s\n", sha256.Sum256(content), name); err != nil {
			return err
		}
	}
	return to.Close()
}
