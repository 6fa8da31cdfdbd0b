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
	"sync"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// program is a function for this machine's architecture. In CI and in benchmarks it is built as for
// provided.al2023. Other runs use what `go test` has compiled, because the flags of a deployment
// compile all that a function imports again.
type program struct {
	path   string
	binary int // bytes
}

// built holds the programs by folder. Each is built once.
var built struct {
	sync.Mutex
	folder   string // contains all of them; "" until one is built
	programs map[string]program
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.folder != "" {
		os.RemoveAll(built.folder)
	}
	os.Exit(code)
}

// build builds the program of a folder.
func build(t testing.TB, folder string) program {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skipf("the programs are built for Linux and do not run on %s", runtime.GOOS)
	}
	built.Lock()
	defer built.Unlock()
	if p, ok := built.programs[folder]; ok {
		return p
	}
	var err error
	if built.folder == "" {
		if built.folder, err = os.MkdirTemp("", "sgkeeper"); err != nil {
			t.Fatal(err)
		}
		built.programs = make(map[string]program)
	}
	p := program{path: filepath.Join(built.folder, filepath.Base(folder), "bootstrap")}
	cmd := exec.Command("go", "build", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags", "-s -w -buildid=",
		"-o", p.path, folder)
	if _, benchmark := t.(*testing.B); benchmark || proof.Of(t) >= proof.Full {
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-trimpath")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", folder, err, out)
	}
	info, err := os.Stat(p.path)
	if err != nil {
		t.Fatal(err)
	}
	p.binary = int(info.Size())
	built.programs[folder] = p
	return p
}

// zipped returns the size of the program's zip file in bytes.
func (p program) zipped(t testing.TB) int {
	t.Helper()
	content, err := os.ReadFile(p.path)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser,
		error) {
		return flate.NewWriter(w, flate.BestCompression)
	})
	w, err := z.Create("bootstrap")
	if err == nil {
		_, err = w.Write(content)
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}
