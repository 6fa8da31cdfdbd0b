package main

import (
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/rogpeppe/go-internal/testscript"
)

// address VARIABLE ANSWER: set a variable to the URL of a server that answers with the text.
// Under /elsewhere it redirects.
func answerAddress(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: address VARIABLE ANSWER")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			http.Redirect(w, r, "/", http.StatusFound)
			return
		}
		io.WriteString(w, args[1])
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}
