package functions_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// program is a function as it is deployed, but for the architecture, which is
// that of this machine.
type program struct {
	path   string
	binary int // bytes
	zipped int // bytes
}

// build builds the program of a folder.
func build(b *testing.B, folder string) program {
	b.Helper()
	if runtime.GOOS != "linux" {
		b.Skipf("the programs are built for Linux and do not run on %s", runtime.GOOS)
	}
	p := program{path: filepath.Join(b.TempDir(), "bootstrap")}
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags", "-s -w -buildid=", "-o", p.path, folder)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("build %s: %v\n%s", folder, err, out)
	}
	content, err := os.ReadFile(p.path)
	if err != nil {
		b.Fatal(err)
	}
	p.binary = len(content)
	if p.zipped, err = zippedSize(content); err != nil {
		b.Fatal(err)
	}
	return p
}

// zippedSize is how many bytes Lambda loads of a program.
func zippedSize(content []byte) (int, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	w, err := z.Create("bootstrap")
	if err == nil {
		_, err = w.Write(content)
	}
	return out.Len(), errors.Join(err, z.Close())
}
