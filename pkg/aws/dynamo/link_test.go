package dynamo_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// link is an HTTP client of any engine. It counts the requests of each operation and can lose
// one of them, or its reply.
type link struct {
	engine aws.HTTPClient

	mu    sync.Mutex
	calls map[string]int
	op    string // of the request that is lost
	nth   int    // among those of its operation; 0: no request
	apply bool   // the engine applies it, and the reply is lost

	late string // operation for which the next request waits until
	do   func() // this function returns
}

// sockets hides the body's Close from the SDK, which closes the body as soon as a reply
// arrives. That breaks the connection if the sender has not reached the body's end. A fast
// engine on a busy machine would lose its reply.
type sockets struct{ aws.HTTPClient }

// shared, so that a connection serves several tests
var shared = sockets{awshttp.NewBuildableClient()}

// Do implements aws.HTTPClient.
func (s sockets) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	whole := r.Clone(r.Context())
	whole.Body = io.NopCloser(bytes.NewReader(body))
	return s.HTTPClient.Do(whole)
}

func newLink(engine aws.HTTPClient) *link {
	if engine == nil {
		engine = shared
	}
	return &link{engine: engine, calls: make(map[string]int)}
}

// Do implements aws.HTTPClient.
func (l *link) Do(r *http.Request) (*http.Response, error) {
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	l.mu.Lock()
	l.calls[op]++
	lost, apply := op == l.op && l.calls[op] == l.nth, l.apply
	var do func()
	if op == l.late {
		do, l.do, l.late = l.do, nil, ""
	}
	l.mu.Unlock()
	if do != nil {
		do()
	}
	if !lost {
		return l.engine.Do(r)
	}
	if apply {
		reply, err := l.engine.Do(r)
		if err != nil {
			return nil, err
		}
		reply.Body.Close()
	}
	return broken(r), nil
}

// broken returns the reply of DynamoDB to a request that it may have applied.
func broken(r *http.Request) *http.Response {
	const body = `{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"lost"}`
	return &http.Response{
		StatusCode: http.StatusInternalServerError, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body:   io.NopCloser(bytes.NewReader([]byte(body))), ContentLength: int64(len(body)), Request: r,
	}
}

// lose restarts the count, and loses the nth request of an operation or its reply.
func (l *link) lose(op string, nth int, apply bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.calls)
	l.op, l.nth, l.apply = op, nth, apply
}

// before calls do before the next request of an operation.
func (l *link) before(op string, do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.late, l.do = op, do
}

func (l *link) count() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, calls := range l.calls {
		n += calls
	}
	return n
}
