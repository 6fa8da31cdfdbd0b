package e2e_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// ec2Proxy passes calls to EC2, and counts them. If a group is set as failing, it fails the
// calls about that group.
type ec2Proxy struct {
	ec2        http.Handler
	lacksStale bool // the engine lacks DescribeStaleSecurityGroups: no rule is stale

	mu      sync.Mutex
	calls   map[string]int // by action
	failing string         // a group's id
}

func newProxy(ec2 http.Handler) *ec2Proxy { return &ec2Proxy{ec2: ec2, calls: make(map[string]int)} }

// forward passes requests to an engine.
func forward(t *testing.T, engine string) http.Handler {
	t.Helper()
	target, err := url.Parse(engine)
	if err != nil {
		t.Fatal(err)
	}
	return httputil.NewSingleHostReverseProxy(target)
}

var action = regexp.MustCompile(`(?:^|&)Action=(\w+)`)

// ServeHTTP implements http.Handler.
func (d *ec2Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	if d.refuses(string(body)) {
		// This code is not one of EC2's. So ensure must assume that the call had an effect, or may
		// succeed later. The SDK does not retry it.
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w,
			`<Response><Errors><Error><Code>Failing</Code><Message>the group fails</Message></Error></Errors><RequestID>r</RequestID></Response>`)
		return
	}
	if d.lacksStale && strings.Contains(string(body), "Action=DescribeStaleSecurityGroups&") {
		w.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(w,
			`<DescribeStaleSecurityGroupsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><staleSecurityGroupSet/></DescribeStaleSecurityGroupsResponse>`)
		return
	}
	d.ec2.ServeHTTP(w, r)
}

func (d *ec2Proxy) refuses(body string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if m := action.FindStringSubmatch(body); m != nil {
		d.calls[m[1]]++
	}
	return d.failing != "" && strings.Contains(body, d.failing)
}

// setFailing makes every call about the group fail. "" ends the fault.
func (d *ec2Proxy) setFailing(group string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failing = group
}

// count is the number of calls of an action.
func (d *ec2Proxy) count(action string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls[action]
}
