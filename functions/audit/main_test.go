package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/sgkeeper/sgkeeper/pkg/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

var folder string // of the program; "" until it is built

// bootstrap is the program as it is deployed, but for the architecture, which is
// that of this machine.
var bootstrap = sync.OnceValues(func() (program string, err error) {
	if folder, err = os.MkdirTemp("", "sgkeeper"); err != nil {
		return "", err
	}
	program = filepath.Join(folder, "bootstrap")
	build := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return program, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if folder != "" {
		os.RemoveAll(folder)
	}
	os.Exit(code)
}

// start starts the program with nothing in its environment but what is given.
func start(t *testing.T, environment ...string) (process *exec.Cmd, out, said *bytes.Buffer) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skipf("the program is built for Linux and does not run on %s", runtime.GOOS)
	}
	program, err := bootstrap()
	if err != nil {
		t.Fatal(err)
	}
	process, out, said = exec.Command(program), new(bytes.Buffer), new(bytes.Buffer)
	process.Stdout, process.Stderr = out, said
	process.Env = append([]string{"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "HOME=/nonexistent"}, environment...)
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if process.ProcessState == nil {
			_ = process.Process.Kill()
			_ = process.Wait()
		}
	})
	return process, out, said
}

// runtimeAPI is Lambda's Runtime API: it hands over one event, and takes the answer.
func runtimeAPI(t *testing.T, event string) (address string, answer <-chan string) {
	answers, once := make(chan string, 1), make(chan string, 1)
	once <- event
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case e := <-once:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "8e3cc3b5-4a6c-4a0c-8c0c-0d7e4d7f4b11")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(time.Minute).UnixMilli()))
			w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:111122223333:function:sgkeeper-audit")
			_, _ = io.WriteString(w, e)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/{how}", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		answers <- r.PathValue("how") + " " + string(body)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return strings.TrimPrefix(server.URL, "http://"), answers
}

// TestFunction runs the program as Lambda does, against an account on loopback.
func TestFunction(t *testing.T) {
	account := fakeaws.New(fakeaws.Options{})
	account.AddBucket("reports")
	account.AddSecurityGroup(fakeaws.SecurityGroup{Tags: map[string]string{"sgkeeper:managed": "true"}, Rules: []fakeaws.Rule{{Protocol: "tcp", FromPort: 22, ToPort: 22, Peer: "0.0.0.0/0"}}})
	clients := aws.Config{Region: account.Region(), Credentials: aws.AnonymousCredentials{}, HTTPClient: account}
	if _, err := dynamodb.NewFromConfig(clients).CreateTable(t.Context(), dynamo.Definition("sgkeeper")); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(account)
	t.Cleanup(server.Close)
	address, answers := runtimeAPI(t, `{"sgkeeper":"audit"}`)
	_, out, said := start(t, "AWS_LAMBDA_RUNTIME_API="+address, "AWS_REGION=us-east-1", "AWS_ENDPOINT_URL="+server.URL,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128", "SGKEEPER_TABLE=sgkeeper", "SGKEEPER_REPORTS=reports")
	select {
	case answer := <-answers:
		if !strings.HasPrefix(answer, "response ") || !strings.Contains(answer, `"critical":1`) {
			t.Errorf("answer %s", answer)
		}
	case <-time.After(30 * time.Second):
		t.Fatalf("the process does not answer: %s %s", out, said)
	}
	if keys := account.Objects("reports"); len(keys) != 6 {
		t.Errorf("stored are %q, want the report, the latest and the index, as JSON and as pages", keys)
	}
}

// TestBadEnvironment has the process end at once and say all that is wrong.
func TestBadEnvironment(t *testing.T) {
	for _, row := range []struct{ environment, want []string }{
		{[]string{"AWS_REGION=us-east-1", "SGKEEPER_HEAL=yes", "SGKEEPER_MODE=observe"}, []string{"SGKEEPER_TABLE: not set", `SGKEEPER_HEAL: "yes"`, `"SGKEEPER_MODE": there is no such setting`}},
		{[]string{"SGKEEPER_TABLE=t-1"}, []string{"AWS_REGION: not set"}},
	} {
		process, _, said := start(t, row.environment...)
		exit, _ := errors.AsType[*exec.ExitError](process.Wait())
		if exit == nil || exit.ExitCode() != 1 {
			t.Errorf("%v: want exit code 1", row.environment)
		}
		for _, want := range append(row.want, "sgkeeper-audit cannot start: ") {
			if !strings.Contains(said.String(), want) {
				t.Errorf("%v: said %q, want %q", row.environment, said, want)
			}
		}
	}
}
