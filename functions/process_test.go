package functions_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// process is a running program, with Lambda's Runtime API that serves it.
type process struct {
	*exec.Cmd
	t       testing.TB
	api     *httptest.Server
	out     bytes.Buffer // standard output; read it after the process has ended
	said    bytes.Buffer // standard error; read it after the process has ended
	started time.Time
	idle    chan time.Time // the times at which it requested an event
	events  chan string
	answers chan answer
}

// answer is a process's answer to an event.
type answer struct {
	body   string
	failed bool // it answered with a function error
}

// start starts a program. Its environment has the given variables, and those of every
// function.
func (p program) start(t testing.TB, environment ...string) *process {
	t.Helper()
	s := &process{t: t, idle: make(chan time.Time, 1), events: make(chan string), answers: make(chan answer, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", s.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", s.take(false))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", s.take(true))
	s.api = httptest.NewServer(mux)
	s.Cmd = exec.Command(p.path)
	s.Stdout, s.Stderr = &s.out, &s.said
	s.Env = append([]string{
		"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(s.api.URL, "http://"),
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "HOME=/nonexistent",
	}, environment...)
	s.started = time.Now()
	if err := s.Start(); err != nil {
		t.Fatalf("%s, built for GOARCH=%q, does not run on this machine: %v", p.path, os.Getenv("GOARCH"), err)
	}
	t.Cleanup(s.stop)
	return s
}

// stop ends the process if it still runs, and logs its standard error if the test failed.
func (s *process) stop() {
	if s.ProcessState == nil {
		_ = s.Process.Kill()
		_ = s.Wait()
		if s.t.Failed() {
			s.t.Log(s.said.String())
		}
	}
	s.api.CloseClientConnections()
	s.api.Close()
}

// next records that the process is ready, and answers when there is an event.
func (s *process) next(w http.ResponseWriter, r *http.Request) {
	s.idle <- time.Now()
	select {
	case event := <-s.events:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", "8e3cc3b5-4a6c-4a0c-8c0c-0d7e4d7f4b11")
		w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(30*time.Second).UnixMilli()))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:111122223333:function:f")
		w.Header().Set("Lambda-Runtime-Trace-Id", "Root="+traceID+";Sampled=1")
		_, _ = io.WriteString(w, event)
	case <-r.Context().Done():
	}
}

const traceID = "1-5759e988-bd862e3fe1be46a994272793"

func (s *process) take(failed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		s.answers <- answer{string(body), failed || err != nil}
	}
}

// ready waits until the process requests an event, and returns the time of that.
func (s *process) ready() time.Time {
	return within(s.t, s.idle, "the process does not request an event")
}

// invoke sends an event to a ready process and waits for an answer that contains want. It
// returns the time that this took.
func (s *process) invoke(event, want string) time.Duration {
	s.t.Helper()
	began := time.Now()
	s.events <- event
	answer := within(s.t, s.answers, "the process does not answer")
	took := time.Since(began)
	if answer.failed || !strings.Contains(answer.body, want) {
		s.t.Fatalf("%s is answered %s (a function error: %v), want %s", event, answer.body, answer.failed, want)
	}
	return took
}

func within[T any](t testing.TB, c <-chan T, why string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(20 * time.Second):
		t.Fatal(why)
	}
	return v
}

var peakLine = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peak returns the process's peak memory in MB.
func (s *process) peak() float64 {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	kb, err := strconv.ParseFloat(peakLine.FindStringSubmatch(string(status))[1], 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return kb * 1024 / 1e6
}
