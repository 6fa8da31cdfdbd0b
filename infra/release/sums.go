package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// writeSums writes the checksums of the folder's files, sorted by name, as sha256sum -c reads
// them, and prints them.
func writeSums(folder string, names []string) error {
	return create(filepath.Join(folder, "SHA256SUMS"), func(w io.Writer) error {
		for _, name := range slices.Sorted(slices.Values(names)) {
			hash := sha256.New()
			if err := (file{path: filepath.Join(folder, name)}).copyTo(hash); err != nil {
				return err
			}
			if _, err := fmt.Fprintf(io.MultiWriter(w, os.Stdout), "%x  %s\n", hash.Sum(nil), name); err != nil {
				return err
			}
		}
		return nil
	})
}
