package fakeaws

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// ServeHTTP answers an AWS client that connects by a socket, with any credentials. If a fault
// breaks the connection, it closes the connection without a response.
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

// Do answers a request without a socket, so an Account can be the HTTPClient of an aws.Config.
// If a fault breaks the connection, Do returns the fault's error.
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
