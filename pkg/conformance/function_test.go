package conformance_test

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// timeout is the functions' time limit. A few seconds after it, another function takes over the
// lease of a killed one.
const timeout = 14 * time.Second

// function is one process of the compiled ensure function. A server answers its Runtime API,
// passes on its calls to AWS, and may kill it at each.
type function struct {
	fleet  *fleet
	server *httptest.Server
	*process

	mu     sync.Mutex
	dead   bool
	flight []message // not answered yet
	timer  *time.Timer
}

// runtimeAPI gives a process its invocations, and takes the answers.
type runtimeAPI interface {
	next(http.ResponseWriter, *http.Request)
	answered(http.ResponseWriter, *http.Request)
	failed(http.ResponseWriter, *http.Request)
}

// launch starts a function process of a fleet.
func (f *fleet) launch(t *testing.T) *function {
	t.Helper()
	fn := &function{fleet: f}
	fn.run(t, fn)
	return fn
}

// run starts the process, with invocations from api.
func (fn *function) run(t *testing.T, api runtimeAPI) {
	t.Helper()
	f := fn.fleet
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", api.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", api.answered)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", api.failed)
	for path, engine := range map[string]string{"/dynamodb": f.dynamodb, "/ec2": f.ec2, "/events": ""} {
		mux.HandleFunc("POST "+path, fn.forward(engine))
		mux.HandleFunc("POST "+path+"/{$}", fn.forward(engine))
	}
	fn.server = httptest.NewServer(mux)
	cmd := exec.Command(f.program)
	cmd.Env = []string{
		"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(fn.server.URL, "http://"), "AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "HOME=/nonexistent", "GOMAXPROCS=1",
		"AWS_ENDPOINT_URL_DYNAMODB=" + fn.server.URL + "/dynamodb", "AWS_ENDPOINT_URL_EC2=" + fn.server.URL + "/ec2",
		"AWS_ENDPOINT_URL_EVENTBRIDGE=" + fn.server.URL + "/events",
		"SGKEEPER_TABLE=" + f.table, "SGKEEPER_QUOTA=" + strconv.Itoa(cmp.Or(f.quota, 60)),
		"SGKEEPER_BUS=launches", "SGKEEPER_ACCOUNT=" + f.account,
	}
	var also []io.Writer
	if f.steps != nil {
		cmd.Env = append(cmd.Env, "SGKEEPER_TRACE=on")
		also = append(also, &lineSplitter{to: f.steps})
	}
	var err error
	if fn.process, err = startProcess(cmd, also...); err != nil {
		t.Fatal(err)
	}
}

// next waits for messages and gives them to the process.
func (fn *function) next(w http.ResponseWriter, r *http.Request) {
	batch := fn.fleet.queue.take(r.Context())
	if len(batch) == 0 {
		return
	}
	if !fn.takes(batch) {
		fn.fleet.queue.put(batch...)
		return
	}
	body, byQueue := payload(batch)
	name := "sgkeeper-ensure"
	if byQueue {
		name += ":queue"
	}
	fn.invoke(w, name, body)
}

// invoke answers the process with an invocation of the function by that name.
func (fn *function) invoke(w http.ResponseWriter, name, body string) {
	w.Header().Set("Lambda-Runtime-Aws-Request-Id", "8e3cc3b5-4a6c-4a0c-8c0c-0d7e4d7f4b11")
	w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(timeout).UnixMilli()))
	w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:"+fn.fleet.account+":function:"+
		name)
	_, _ = io.WriteString(w, body)
}

// takes records the process's messages; false if it was killed. As Lambda does, it kills a process
// that exceeds its time limit.
func (fn *function) takes(batch []message) bool {
	fn.mu.Lock()
	defer fn.mu.Unlock()
	if fn.dead {
		return false
	}
	fn.flight = batch
	fn.timer = time.AfterFunc(timeout, func() { fn.fleet.late.Add(1); fn.kill() })
	return true
}

// gives returns and clears the unanswered messages.
func (fn *function) gives() []message {
	fn.mu.Lock()
	defer fn.mu.Unlock()
	batch := fn.flight
	fn.flight = nil
	if fn.timer != nil {
		fn.timer.Stop()
	}
	return batch
}

func (fn *function) answered(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	w.WriteHeader(http.StatusAccepted)
	batch := fn.gives()
	again, readErr := failures(body, batch)
	if err != nil || readErr != nil {
		again = batch
	}
	fn.fleet.queue.done(len(batch)-len(again), again)
}

func (fn *function) failed(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.WriteHeader(http.StatusAccepted)
	batch := fn.gives()
	if len(batch) == 0 || !batch[0].isSweep() { // a sweep reports groups that it could not serve
		fn.fleet.violation("a function error: %s", body)
	}
	fn.fleet.queue.put(batch...)
}

// kill sends SIGKILL to the process. Its messages are delivered again.
func (fn *function) kill() {
	fn.mu.Lock()
	first := !fn.dead
	fn.dead = true
	fn.mu.Unlock()
	if first {
		fn.stop()
		fn.fleet.queue.put(fn.gives()...)
	}
}

// forward sends a request to an engine, or to the bus if that is "". The plan may kill the
// process before or after the engine gets the request.
func (fn *function) forward(engine string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		op := operationOf(r, body)
		fn.fleet.calls.Add(1)
		if engine == fn.fleet.ec2 && !fn.fleet.buckets.take(op) {
			throttle(w)
			return
		}
		fault := fn.fleet.plan.next(op)
		if fault == before {
			fn.die()
			return
		}
		status, reply, err := fn.fleet.send(engine, r, body)
		switch fault {
		case after:
			fn.die()
			return
		case lost:
			fn.fleet.countFault(&fn.fleet.lost)
			panic(http.ErrAbortHandler) // closes the connection
		}
		if err != nil {
			fn.fleet.violation("%s: %v", op, err)
			return
		}
		for _, name := range []string{"Content-Type", "X-Amz-Crc32", "X-Amzn-Requestid"} {
			w.Header()[name] = reply.Values(name)
		}
		w.WriteHeader(status)
		_, _ = w.Write(reply.body)
	}
}

// die kills the process as planned, and has the fleet replace it.
func (fn *function) die() {
	fn.fleet.countFault(&fn.fleet.killed)
	fn.kill()
	fn.fleet.replace <- fn
}
