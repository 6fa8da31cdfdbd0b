package main

import (
	"archive/tar"
	"archive/zip"
	"compress/flate"
	"compress/gzip"
	"io"
	"os"
	"time"
)

// epoch is the time of each file in an archive or a package. It is the first that a zip file can
// hold.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// file is a file of an archive.
type file struct {
	name string // in the archive
	path string
	mode os.FileMode
}

// writeZip writes an archive of the files.
func writeZip(to string, files ...file) error {
	return create(to, func(w io.Writer) error {
		z := zip.NewWriter(w)
		z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
			return flate.NewWriter(w, flate.BestCompression)
		})
		for _, f := range files {
			header := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: epoch}
			header.SetMode(f.mode)
			entry, err := z.CreateHeader(header)
			if err != nil {
				return err
			}
			if err := f.copyTo(entry); err != nil {
				return err
			}
		}
		return z.Close()
	})
}

// writeTar writes a compressed archive of the files.
func writeTar(to string, files ...file) error {
	return create(to, func(w io.Writer) error {
		compressed, err := gzip.NewWriterLevel(w, gzip.BestCompression)
		if err != nil {
			return err
		}
		t := tar.NewWriter(compressed)
		for _, f := range files {
			info, err := os.Stat(f.path)
			if err != nil {
				return err
			}
			header := tar.Header{Name: f.name, Size: info.Size(), Mode: int64(f.mode), ModTime: epoch,
				Format: tar.FormatUSTAR}
			if err := t.WriteHeader(&header); err != nil {
				return err
			}
			if err := f.copyTo(t); err != nil {
				return err
			}
		}
		if err := t.Close(); err != nil {
			return err
		}
		return compressed.Close()
	})
}

// create writes a file.
func create(path string, write func(io.Writer) error) error {
	to, err := os.Create(path)
	if err != nil {
		return err
	}
	defer to.Close()
	if err := write(to); err != nil {
		return err
	}
	return to.Close()
}

func (f file) copyTo(w io.Writer) error {
	from, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer from.Close()
	_, err = io.Copy(w, from)
	return err
}
