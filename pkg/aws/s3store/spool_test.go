package s3store

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestSpool reads a body as the SDK does: to its end for the length, and several times.
func TestSpool(t *testing.T) {
	text := []byte(strings.Repeat("a report of many groups\n", 10_000))
	s, err := newSpool(func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.packed.Len() > len(text)/20 {
		t.Errorf("%d bytes of %d are in memory", s.packed.Len(), len(text))
	}
	if err := iotest.TestReader(s.reader(), text); err != nil {
		t.Error(err)
	}
	r := s.reader()
	for _, at := range []int64{0, 100, 50, int64(len(text))} {
		if n, err := r.Seek(at, io.SeekStart); n != at || err != nil {
			t.Fatalf("Seek(%d) = %d, %v", at, n, err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, text[at:]) {
			t.Errorf("from byte %d: %d bytes, %v", at, len(got), err)
		}
	}
	if n, err := r.Seek(0, io.SeekEnd); n != int64(len(text)) || err != nil {
		t.Errorf("the end is at %d, %v", n, err)
	}
	if _, err := r.Seek(1, io.SeekCurrent); err == nil {
		t.Error("a seek beyond the end succeeds")
	}
	if _, err := newSpool(func(io.Writer) error { return io.ErrClosedPipe }); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a body that cannot be rendered: %v", err)
	}
}
