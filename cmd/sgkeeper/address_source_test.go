package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestAddressSource: a source's answer is one public address, and nothing else.
func TestAddressSource(t *testing.T) {
	for _, test := range []struct{ answer, want, refusal string }{
		{answer: "203.0.113.7\n", want: "203.0.113.7"},
		{answer: " 2001:db8::7 ", want: "2001:db8::7"},
		{answer: "::ffff:203.0.113.7", want: "203.0.113.7"},
		{answer: "10.1.2.3", refusal: "found 10.1.2.3, which is not a public address"},
		{answer: "172.16.0.1", refusal: "not a public address"},
		{answer: "192.168.0.1", refusal: "not a public address"},
		{answer: "127.0.0.1", refusal: "not a public address"},
		{answer: "169.254.169.254", refusal: "not a public address"},
		{answer: "100.64.0.1", refusal: "not a public address"},
		{answer: "100.128.0.1", want: "100.128.0.1"},
		{answer: "0.0.0.0", refusal: "not a public address"},
		{answer: "0.1.2.3", refusal: "not a public address"},
		{answer: "198.18.0.1", refusal: "not a public address"},
		{answer: "224.0.0.1", refusal: "not a public address"},
		{answer: "255.255.255.255", refusal: "not a public address"},
		{answer: "::1", refusal: "not a public address"},
		{answer: "fe80::1%eth0", refusal: "not a public address"},
		{answer: "fd00::1", refusal: "not a public address"},
		{answer: "64:ff9b::1", refusal: "not a public address"},
		{answer: "::ffff:10.0.0.1", refusal: "found 10.0.0.1, which is not a public address"},
		{answer: "203.0.113.7/24", refusal: `found "203.0.113.7/24": want an address alone`},
		{answer: "203.0.113.7 203.0.113.8", refusal: "want an address alone"},
		{answer: "", refusal: `found "": want an address alone`},
		{answer: "203.0.113.7" + strings.Repeat(" ", addressBytes), refusal: "found more than 64 bytes"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, test.answer)
		}))
		source, err := parseAddressSource(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		got, err := source.ask(t.Context())
		server.Close()
		if test.refusal == "" && (err != nil || got.String() != test.want) {
			t.Errorf("%q: got %v, %v, want %s", test.answer, got, err, test.want)
		}
		if test.refusal != "" && (err == nil || !strings.Contains(err.Error(), test.refusal)) {
			t.Errorf("%q: got %v, %v, want %q", test.answer, got, err, test.refusal)
		}
	}
}

// TestAddressSourceURL: only a loopback address may answer in clear text.
func TestAddressSourceURL(t *testing.T) {
	for url, ok := range map[string]bool{
		"https://checkip.amazonaws.com": true, "http://127.0.0.1:8080": true, "http://localhost/ip": true,
		"http://[::1]:80":              true,
		"http://checkip.amazonaws.com": false, "http://127.0.0.1.example": false, "ftp://127.0.0.1": false,
		"checkip.amazonaws.com": false, "": false, "https://": false, "file:///etc/hostname": false, "://": false,
	} {
		if _, err := parseAddressSource(url); (err == nil) != ok {
			t.Errorf("parseAddressSource(%q): %v, want it accepted: %v", url, err, ok)
		}
	}
}

// TestAddressSourceSilent: the question ends with its context, even if the source accepts it and
// never answers.
func TestAddressSourceSilent(t *testing.T) {
	asked, over := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-over
	}))
	defer server.Close()
	defer close(over)
	source, err := parseAddressSource(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(time.Hour))
	go func() { <-asked; cancel() }()
	if _, err := source.ask(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}
