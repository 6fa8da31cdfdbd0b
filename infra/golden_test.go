package main

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

var update = flag.Bool("update", false, "rewrite the golden templates and the tables in docs/deploy.md")

// hash matches an asset's name, which changes with every line of the functions.
var hash = regexp.MustCompile(`\b[0-9a-f]{64}\b`)

// TestGolden compares each template with its golden file.
func TestGolden(t *testing.T) {
	for name := range contexts {
		file := filepath.Join("testdata", name+".json")
		got := hash.ReplaceAll(of(t, name).text, []byte("HASH"))
		got = append(bytes.TrimSpace(got), '\n')
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s has changed; read the diff, then run go test ./infra -update (-want +got):\n%s", file,
				diff)
		}
	}
}

// TestSameEverywhere makes the assembly again from a copy of the source in another folder. The
// template, the assets' names and each byte of the programs are the same.
func TestSameEverywhere(t *testing.T) {
	proof.FullOnly(t, "it builds both functions for Lambda, twice")
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	copyModule(t, elsewhere)
	t.Setenv("GOFLAGS", "-ldflags=-X=main.version=2") // the environment has no influence
	first, err := synth(filepath.Join(t.TempDir(), "cdk.out"), "..", contexts["installation"])
	if err != nil {
		t.Fatal(err)
	}
	second, err := synth(filepath.Join(t.TempDir(), "cdk.out"), elsewhere, contexts["installation"])
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.text, second.text) {
		t.Errorf("the templates differ:\n%s", cmp.Diff(string(first.text), string(second.text)))
	}
	for _, pattern := range []string{"*.assets.json", "asset.*/bootstrap"} {
		for path, content := range files(t, first.folder, pattern) {
			if !bytes.Equal(content, files(t, second.folder, pattern)[path]) {
				t.Errorf("%s differs", path)
			}
		}
	}
	if programs := files(t, second.folder,
		"asset.*/bootstrap"); len(programs) != len(second.all("AWS::Lambda::Function")) {
		t.Errorf("%d programs, want one for each function", len(programs))
	}
}

// copyModule copies the module's files, as git knows them, from the work tree.
func copyModule(t *testing.T, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	copying := exec.Command("sh", "-c",
		`git ls-files -z --cached --others --exclude-standard -- go.mod go.sum events functions pkg | xargs -0 sh -c 'cp --parents -- "$@" "$TO"' sh`)
	copying.Dir, copying.Env = "..", append(os.Environ(), "TO="+to)
	if out, err := copying.CombinedOutput(); err != nil {
		t.Fatalf("copy: %v\n%s", err, out)
	}
}

func files(t *testing.T, folder, pattern string) map[string][]byte {
	t.Helper()
	matches, err := filepath.Glob(filepath.Join(folder, pattern))
	if err != nil || len(matches) == 0 {
		t.Fatalf("no %s in %s: %v", pattern, folder, err)
	}
	found := make(map[string][]byte)
	for _, match := range matches {
		content, err := os.ReadFile(match)
		if err != nil {
			t.Fatal(err)
		}
		path, _ := filepath.Rel(folder, match)
		found[path] = content
	}
	return found
}
