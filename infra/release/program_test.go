package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/infra/stack"
)

// TestBuildEnvironment: neither a variable nor `go env -w` has an influence on a build.
func TestBuildEnvironment(t *testing.T) {
	personal := "GOFLAGS=-tags=personal\nGOFIPS140=latest\nGOAMD64=v3\nGOARM64=v9.0\nCGO_ENABLED=1\nGOOS=plan9\nGOARCH=386\n"
	file := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(file, []byte(personal), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOENV", file)
	t.Setenv("GOFLAGS", "-ldflags=-X=main.tag=v9")
	t.Setenv("GOAMD64", "v2")
	ask := exec.Command("go", "env", "-json", "GOFLAGS", "GOFIPS140", "GOAMD64", "GOARM64", "CGO_ENABLED", "GOOS",
		"GOARCH")
	ask.Env = append(os.Environ(), stack.BuildEnvironment("darwin", "arm64")...)
	out, err := ask.Output()
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"GOFLAGS": "-mod=readonly", "GOFIPS140": "off", "GOAMD64": "v1", "GOARM64": "v8.0", "CGO_ENABLED": "0",
		"GOOS": "darwin", "GOARCH": "arm64",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the build's environment (-want +got):\n%s", diff)
	}
}
