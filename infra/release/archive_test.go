package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestArchives: an archive depends on names, modes and contents alone, and unpacks to them.
func TestArchives(t *testing.T) {
	for name, write := range map[string]func(string, ...file) error{"zip": writeZip, "tar.gz": writeTar} {
		var made [][]byte
		for i, mode := range []os.FileMode{0o600, 0o444} {
			folder := t.TempDir()
			path := filepath.Join(folder, "program")
			if err := os.WriteFile(path, []byte("content"), mode); err != nil {
				t.Fatal(err)
			}
			when := time.Unix(int64(1_000_000_000+i), 0)
			if err := os.Chtimes(path, when, when); err != nil {
				t.Fatal(err)
			}
			archive := filepath.Join(folder, name)
			if err := write(archive, file{"bootstrap", path, 0o755}, file{"LICENSE", path, 0o644}); err != nil {
				t.Fatal(err)
			}
			content, err := os.ReadFile(archive)
			if err != nil {
				t.Fatal(err)
			}
			made = append(made, content)
		}
		if !bytes.Equal(made[0], made[1]) {
			t.Errorf("%s: the archives of two folders differ", name)
		}
		if got, want := unpacked(t, name, made[0]),
			"bootstrap -rwxr-xr-x content\nLICENSE -rw-r--r-- content\n"; got != want {
			t.Errorf("%s holds\n%swant\n%s", name, got, want)
		}
	}
}

// unpacked lists an archive: name, mode and content of each file.
func unpacked(t *testing.T, kind string, archive []byte) (list string) {
	t.Helper()
	read := func(name string, mode os.FileMode, r io.Reader) {
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		list += name + " " + mode.String() + " " + string(content) + "\n"
	}
	if kind == "zip" {
		z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			read(f.Name, f.Mode(), r)
		}
		return list
	}
	g, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(g); ; {
		header, err := r.Next()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		read(header.Name, header.FileInfo().Mode(), r)
	}
}
