package fakeaws

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// ServeHTTP answers an AWS client that came by a socket. Any credentials will do.
// A connection that a fault breaks is closed without an answer.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out, err := a.exchange(r.Context(), r)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	for name, values := range out.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(out.body)))
	w.WriteHeader(out.status)
	w.Write(out.body)
}

// Do answers a request without a socket: an Account is the HTTPClient of an
// aws.Config. A connection that a fault breaks is the error of the fault.
func (a *Account) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	out, err := a.exchange(r.Context(), r)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", out.status, http.StatusText(out.status)),
		StatusCode: out.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        out.header,
		Body:          io.NopCloser(bytes.NewReader(out.body)),
		ContentLength: int64(len(out.body)),
		Request:       r,
	}, nil
}
