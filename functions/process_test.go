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

// process is one process of a program, and the Runtime API of Lambda that it
// talks to.
type process struct {
	*exec.Cmd
	b       *testing.B
	api     *httptest.Server
	said    bytes.Buffer // on standard error; for reading once it has ended
	started time.Time
	asks    chan time.Time // when it asked for an event
	events  chan string
	answers chan string
}

// start starts a program.
func (p program) start(b *testing.B, environment ...string) *process {
	b.Helper()
	s := &process{b: b, asks: make(chan time.Time, 1), events: make(chan string), answers: make(chan string, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", s.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", s.take)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", s.take)
	s.api = httptest.NewServer(mux)
	s.Cmd = exec.Command(p.path)
	s.Stderr = &s.said
	s.Env = append([]string{
		"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(s.api.URL, "http://"), "AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "HOME=/nonexistent",
	}, environment...)
	s.started = time.Now()
	if err := s.Start(); err != nil {
		b.Fatalf("%s does not run on this machine: %v", p.path, err)
	}
	return s
}

// stop ends the process, and shows what it said if it is to blame.
func (s *process) stop() {
	_ = s.Process.Kill()
	_ = s.Wait()
	if s.b.Failed() {
		s.b.Log(s.said.String())
	}
	s.api.CloseClientConnections()
	s.api.Close()
}

// next notes that the process is ready, and answers as soon as there is an event.
func (s *process) next(w http.ResponseWriter, r *http.Request) {
	s.asks <- time.Now()
	select {
	case event := <-s.events:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", "8e3cc3b5-4a6c-4a0c-8c0c-0d7e4d7f4b11")
		w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(30*time.Second).UnixMilli()))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:111122223333:function:f")
		_, _ = io.WriteString(w, event)
	case <-r.Context().Done():
	}
}

func (s *process) take(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.WriteHeader(http.StatusAccepted)
	s.answers <- string(body)
}

// ready waits until the process asks for an event, and returns when it did.
func (s *process) ready() time.Time {
	return within(s.b, s.asks, "the process does not ask for an event")
}

// invoke hands an event to a process that is ready, waits for an answer that
// tells want, and returns how long it took.
func (s *process) invoke(event, want string) time.Duration {
	s.b.Helper()
	began := time.Now()
	s.events <- event
	answer := within(s.b, s.answers, "the process does not answer")
	took := time.Since(began)
	if !strings.Contains(answer, want) {
		s.b.Fatalf("%s is answered %s, want %s", event, answer, want)
	}
	return took
}

func within[T any](b *testing.B, c <-chan T, why string) (t T) {
	b.Helper()
	select {
	case t = <-c:
	case <-time.After(20 * time.Second):
		b.Fatal(why)
	}
	return t
}

var peakLine = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peak is the most memory that the process has held, in MB.
func (s *process) peak() float64 {
	s.b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Process.Pid))
	if err != nil {
		s.b.Fatal(err)
	}
	kb, err := strconv.ParseFloat(peakLine.FindStringSubmatch(string(status))[1], 64)
	if err != nil {
		s.b.Fatal(err)
	}
	return kb * 1024 / 1e6
}
