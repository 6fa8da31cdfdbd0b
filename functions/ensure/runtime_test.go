package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// runtime is Lambda's Runtime API for one function process: it hands over one
// event at a time and takes the answer.
type runtime struct {
	*httptest.Server
	events  chan string
	answers chan answered
}

// answered is what a process made of an event.
type answered struct {
	body   string
	failed bool // it was a function error
	at     time.Time
}

func newRuntime(t *testing.T) *runtime {
	r := &runtime{events: make(chan string), answers: make(chan answered)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", r.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", r.take(false))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", r.take(true))
	r.Server = httptest.NewServer(mux)
	t.Cleanup(r.Close)
	return r
}

// next answers as soon as there is an event.
func (r *runtime) next(w http.ResponseWriter, req *http.Request) {
	select {
	case event := <-r.events:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", "8e3cc3b5-4a6c-4a0c-8c0c-0d7e4d7f4b11")
		w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(30*time.Second).UnixMilli()))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:111122223333:function:sgkeeper-ensure")
		w.Header().Set("Lambda-Runtime-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
		_, _ = io.WriteString(w, event)
	case <-req.Context().Done():
	}
}

func (r *runtime) take(failed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		w.WriteHeader(http.StatusAccepted)
		r.answers <- answered{string(body), failed || err != nil, time.Now()}
	}
}

// invoke hands an event over and returns the answer, and how long it took.
func (r *runtime) invoke(t *testing.T, event string) (string, time.Duration) {
	t.Helper()
	began := time.Now()
	select {
	case r.events <- event:
	case <-time.After(20 * time.Second):
		t.Fatal("the process asks for no event")
	}
	select {
	case a := <-r.answers:
		if a.failed {
			t.Errorf("a function error: %s", a.body)
		}
		return a.body, a.at.Sub(began)
	case <-time.After(20 * time.Second):
		t.Fatal("the process does not answer")
	}
	return "", 0
}

func (r *runtime) address() string { return strings.TrimPrefix(r.URL, "http://") }
