package main

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// loopbackOnly passes requests of programs on this machine to next. It answers 403 to other
// requests, which web pages of other sites sent through a browser:
//
//   - A page whose name resolves to 127.0.0.1 (DNS rebinding) has its name in Host.
//   - A page that posts to 127.0.0.1 has its address in Origin.
//   - A page that loads an image has neither, and Sec-Fetch-Site is cross-site.
func loopbackOnly(port string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if problem := notLocal(port, r); problem != "" {
			http.Error(w, "sgkeeper local: "+problem, http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// notLocal returns the reason why a request does not come from a program on this machine, or
// "".
func notLocal(port string, r *http.Request) string {
	if !isLoopbackHost(r.Host, port) {
		return fmt.Sprintf("found Host %q: want a loopback address or localhost, with port %s, such as 127.0.0.1:%s",
			r.Host, port, port)
	}
	origins := r.Header.Values("Origin")
	for _, origin := range origins {
		if !isLoopbackOrigin(origin) {
			return fmt.Sprintf("found Origin %q: want none, or a loopback address, such as http://localhost:3000",
				origin)
		}
	}
	if len(origins) == 0 && r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		return "a web page of another site sent this request: want one of a program on this machine"
	}
	return ""
}

// isLoopbackHost reports whether a Host header names this machine and the port. Clients
// leave out port 80.
func isLoopbackHost(host, port string) bool {
	name, at, err := net.SplitHostPort(host)
	if err != nil && port == "80" {
		name, at, err = net.SplitHostPort(host + ":80")
	}
	return err == nil && at == port && isLoopbackName(name)
}

// isLoopbackOrigin reports whether an origin is a page of this machine, on any port. A
// sandboxed page has the origin "null" and is not.
func isLoopbackOrigin(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && isLoopbackName(u.Hostname())
}

// isLoopbackName reports whether a host's name can only mean this machine: a loopback address,
// localhost, or a name below it (RFC 6761, section 6.3). S3's clients put the bucket before
// it, for example bucket.localhost.
func isLoopbackName(name string) bool {
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.IsLoopback()
	}
	name = strings.ToLower(name)
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}
