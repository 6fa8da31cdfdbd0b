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

// desk is a proxy in front of EC2. It counts the calls, and fails those about one group while
// that group is out of order.
type desk struct {
	ec2        http.Handler
	lacksStale bool // the engine lacks DescribeStaleSecurityGroups: no rule is stale

	mu         sync.Mutex
	calls      map[string]int // by action
	outOfOrder string         // a group's id
}

func newDesk(ec2 http.Handler) *desk { return &desk{ec2: ec2, calls: make(map[string]int)} }

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
func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	if d.refuses(string(body)) {
		// The code has no meaning: the call may have had an effect, or may succeed later. The
		// SDK does not retry it.
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w,
			`<Response><Errors><Error><Code>OutOfOrder</Code><Message>the group is out of order</Message></Error></Errors><RequestID>r</RequestID></Response>`)
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

func (d *desk) refuses(body string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if m := action.FindStringSubmatch(body); m != nil {
		d.calls[m[1]]++
	}
	return d.outOfOrder != "" && strings.Contains(body, d.outOfOrder)
}

// setOutOfOrder makes every call about the group fail. "" ends the fault.
func (d *desk) setOutOfOrder(group string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.outOfOrder = group
}

// count is the number of calls of an action.
func (d *desk) count(action string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls[action]
}
