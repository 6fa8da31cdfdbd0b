package conformance_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// endpoint is the AWS endpoint of programs beside a fleet. Events go to the fleet's queue, as
// EventBridge would send them. Direct invocations go to waiters, and all other calls to EC2's
// engine.
type endpoint struct {
	*httptest.Server
	fleet       *fleet
	invocations chan *invocation
	rest        *httputil.ReverseProxy

	mu        sync.Mutex
	events    int
	ruleCalls map[string]int // calls that change rules, by operation
}

// invocation is a direct invocation that waits for its answer.
type invocation struct {
	name, body string
	answer     chan answered
}

// answered is a function's response, or its error.
type answered struct {
	body   []byte
	failed bool
}

// newEndpoint starts the endpoint, and that many processes for direct invocations. They stop when
// the test ends.
func newEndpoint(t *testing.T, f *fleet, waiters int) *endpoint {
	t.Helper()
	ec2, err := url.Parse(f.ec2)
	if err != nil {
		t.Fatal(err)
	}
	d := &endpoint{fleet: f, invocations: make(chan *invocation), ruleCalls: make(map[string]int)}
	d.rest = &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(ec2) }}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", d.invoke)
	mux.HandleFunc("/", d.other)
	d.Server = httptest.NewServer(mux)
	t.Cleanup(d.Close)
	for range waiters {
		w := &waiter{function: &function{fleet: f}, invocations: d.invocations}
		w.run(t, w)
		t.Cleanup(func() {
			w.stop()
			w.server.CloseClientConnections()
			w.server.Close()
		})
	}
	return d
}

// invoke is Lambda's Invoke.
func (d *endpoint) invoke(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	call := &invocation{r.PathValue("name"), string(body), make(chan answered, 1)}
	select {
	case d.invocations <- call:
	case <-r.Context().Done():
		return
	}
	select {
	case a := <-call.answer:
		if a.failed {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
		}
		_, _ = w.Write(a.body)
	case <-r.Context().Done():
	}
}

func (d *endpoint) other(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if r.Header.Get("X-Amz-Target") == "AWSEvents.PutEvents" {
		d.put(w, body)
		return
	}
	if op := operationOf(r, body); changesRules(op) {
		d.mu.Lock()
		d.ruleCalls[op]++
		d.mu.Unlock()
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	d.rest.ServeHTTP(w, r)
}

// changesRules reports whether an operation of EC2 changes a group's rules.
func changesRules(op string) bool {
	return strings.Contains(op, "SecurityGroup") &&
		(strings.HasPrefix(op, "Authorize") || strings.HasPrefix(op, "Revoke") || strings.HasPrefix(op, "Modify"))
}

// put sends events to the queue.
func (d *endpoint) put(w http.ResponseWriter, body []byte) {
	var in struct {
		Entries []struct{ Source, DetailType, Detail string }
	}
	if err := json.Unmarshal(body, &in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var ids []map[string]string
	for _, entry := range in.Entries {
		id := d.newID()
		ids = append(ids, map[string]string{"EventId": id})
		d.fleet.queue.send(fmt.Sprintf(`{"version":"0","id":%q,"source":%q,"account":%q,"time":%q,`+
			`"region":"us-east-1","resources":[],"detail-type":%q,"detail":%s}`,
			id, entry.Source, d.fleet.account, time.Now().UTC().Format(time.RFC3339), entry.DetailType, entry.Detail))
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(map[string]any{"FailedEntryCount": 0, "Entries": ids})
}

func (d *endpoint) newID() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events++
	return fmt.Sprintf("6a7e8feb-b491-4cf7-a9f1-%012x", d.events)
}

// takeRuleCalls returns the number of calls that changed rules, and their operations. Then it
// resets both.
func (d *endpoint) takeRuleCalls() (n int, operations []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, calls := range d.ruleCalls {
		n += calls
	}
	operations = slices.Sorted(maps.Keys(d.ruleCalls))
	clear(d.ruleCalls)
	return n, operations
}

// waiter is a process for direct invocations, one at a time.
type waiter struct {
	*function
	invocations chan *invocation
	current     *invocation
}

func (w *waiter) next(out http.ResponseWriter, r *http.Request) {
	select {
	case w.current = <-w.invocations:
		w.invoke(out, w.current.name, w.current.body)
	case <-r.Context().Done():
	}
}

func (w *waiter) answered(out http.ResponseWriter, r *http.Request) { w.answer(out, r, false) }

func (w *waiter) failed(out http.ResponseWriter, r *http.Request) { w.answer(out, r, true) }

func (w *waiter) answer(out http.ResponseWriter, r *http.Request, failed bool) {
	body, err := io.ReadAll(r.Body)
	w.current.answer <- answered{body, failed || err != nil}
	out.WriteHeader(http.StatusAccepted)
}
