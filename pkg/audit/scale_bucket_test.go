package audit_test

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// bucket answers as S3 does for the reports of very many groups. It holds the latest report
// compressed, and drops other objects, so the memory in use is the audit's.
type bucket struct {
	look func() // is called for each megabyte that is written or read

	mu      sync.Mutex
	latest  []byte // compressed; nil if there is none
	version int
}

// latestKey is the path of the latest report.
const latestKey = "/latest.json"

// Do answers a request.
func (b *bucket) Do(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	answer := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}
	switch {
	case r.Method == http.MethodPut:
		packed, err := b.pack(r.Body)
		if err != nil {
			return nil, err
		}
		if r.URL.Path == latestKey {
			b.latest, b.version = packed, b.version+1
		}
	case b.latest == nil:
		answer.StatusCode = http.StatusNotFound
		answer.Body = io.NopCloser(bytes.NewReader([]byte("<Error><Code>NoSuchKey</Code></Error>")))
	case r.Method == http.MethodGet:
		answer.Body = io.NopCloser(&observed{flate.NewReader(bytes.NewReader(b.latest)), 0, b.look})
		answer.ContentLength = -1
	}
	answer.Header.Set("Etag", fmt.Sprintf("\"%d\"", b.version))
	return answer, nil
}

func (b *bucket) pack(text io.Reader) ([]byte, error) {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err = io.Copy(w, &observed{text, 0, b.look}); err != nil {
		return nil, err
	}
	err = w.Close()
	return packed.Bytes(), err
}

// observed looks at the heap for each megabyte that is read.
type observed struct {
	io.Reader
	n    int
	look func()
}

func (o *observed) Read(p []byte) (int, error) {
	n, err := o.Reader.Read(p[:min(len(p), 1<<16)])
	if o.n += n; o.n >= 1<<20 {
		o.n = 0
		o.look()
	}
	return n, err
}
