package s3store

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
)

// spool is the body of an object. It is compressed in memory, to a tenth or less in the case of a
// report. S3 gets it uncompressed.
type spool struct {
	packed bytes.Buffer
	size   int64 // uncompressed
}

// newSpool returns the body that a function writes.
func newSpool(render func(io.Writer) error) (*spool, error) {
	s := new(spool)
	w, err := flate.NewWriter(&s.packed, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	counted := &counter{w: w}
	if err := render(counted); err != nil {
		return nil, err
	}
	s.size = counted.n
	return s, w.Close()
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// reader returns the uncompressed body, from its begin. The SDK reads the body again if a call fails.
func (s *spool) reader() io.ReadSeeker { return &spoolReader{spool: s} }

type spoolReader struct {
	*spool
	at   int64 // of the next byte to read
	text io.ReadCloser
	done int64 // bytes that text has returned
}

var errSeek = errors.New("the place is outside of the object")

func (r *spoolReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 || offset > r.size {
		return 0, fmt.Errorf("seek to byte %d of %d: %w", offset, r.size, errSeek)
	}
	r.at = offset
	return offset, nil
}

func (r *spoolReader) Read(p []byte) (int, error) {
	if r.text == nil || r.at < r.done {
		r.text, r.done = flate.NewReader(bytes.NewReader(r.packed.Bytes())), 0
	}
	if r.at > r.done {
		n, err := io.CopyN(io.Discard, r.text, r.at-r.done)
		if r.done += n; err != nil {
			return 0, err
		}
	}
	n, err := r.text.Read(p)
	r.at, r.done = r.at+int64(n), r.done+int64(n)
	return n, err
}
