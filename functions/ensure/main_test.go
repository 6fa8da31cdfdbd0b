package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
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

// bootstrap is the program as it is deployed to provided.al2023, but for the
// architecture, which is that of this machine.
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

// function is one process of the program.
type function struct {
	*exec.Cmd
	out, err bytes.Buffer
}

// start starts the program with nothing in its environment but what is given.
func start(t *testing.T, environment ...string) *function {
	t.Helper()
	if goruntime.GOOS != "linux" {
		t.Skipf("the program is built for Linux and does not run on %s", goruntime.GOOS)
	}
	program, err := bootstrap()
	if err != nil {
		t.Fatal(err)
	}
	f := &function{Cmd: exec.Command(program)}
	f.Stdout, f.Stderr = &f.out, &f.err
	f.Env = append([]string{"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "HOME=/nonexistent"}, environment...)
	if err := f.Start(); err != nil {
		t.Fatalf("the program built for GOARCH=%q does not run on this machine: %v", os.Getenv("GOARCH"), err)
	}
	t.Cleanup(func() { f.stop() })
	return f
}

// stop ends the process, if it has not ended, and returns what it wrote.
func (f *function) stop() (out, err string) {
	if f.ProcessState == nil {
		_ = f.Process.Kill()
		_ = f.Wait()
	}
	return f.out.String(), f.err.String()
}

const (
	table = "sgkeeper"
	group = "sg-0123456789abcdef0"
)

// newAccount is an embedded account on loopback, with a table and a group.
func newAccount(t *testing.T) (account *fakeaws.Account, url string) {
	t.Helper()
	account = fakeaws.New(fakeaws.Options{})
	account.AddSecurityGroup(fakeaws.SecurityGroup{ID: group})
	clients := aws.Config{Region: account.Region(), Credentials: aws.AnonymousCredentials{}, HTTPClient: account}
	if _, err := dynamodb.NewFromConfig(clients).CreateTable(t.Context(), dynamo.Definition(table)); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(account)
	t.Cleanup(server.Close)
	return account, server.URL
}

func bare(launch string, port int) string {
	return fmt.Sprintf(`{"detailType":"Launch Requested","launch":%q,"group":%q,"rules":[{"ports":%d,"from":["0.0.0.0/0"]}]}`, launch, group, port)
}

// TestFunction runs the program as Lambda does: a cold start, then events of
// all kinds in the same process.
func TestFunction(t *testing.T) {
	account, url := newAccount(t)
	r := newRuntime(t)
	if _, err := bootstrap(); err != nil { // not part of the cold start
		t.Fatal(err)
	}
	began := time.Now()
	f := start(t, "AWS_LAMBDA_RUNTIME_API="+r.address(), "AWS_REGION=us-east-1", "AWS_ENDPOINT_URL="+url, "SGKEEPER_TABLE="+table, "SGKEEPER_BUS=launches")
	reply, _ := r.invoke(t, bare("a", 8000))
	cold := time.Since(began)
	if !strings.Contains(reply, `"status":"ensured"`) || !strings.Contains(reply, `"account":"111122223333"`) {
		t.Errorf("a direct invocation is answered %s", reply)
	}
	var warm time.Duration
	for _, row := range []struct{ name, event, want string }{
		{"direct", bare("b", 8002), `"status":"ensured"`},
		{"repeat", bare("b", 8002), `"status":"ensured"`},
		{"SQS", batch(bare("c", 8004), bare("d", 22), "no JSON"), `{"batchItemFailures":[]}`},
		{"refused", bare("e", 22), `"status":"rejected"`},
		{"no JSON", "no JSON", `"status":"rejected"`},
		{"nothing", "", `"status":"rejected"`},
	} {
		reply, took := r.invoke(t, row.event)
		if !strings.Contains(reply, row.want) {
			t.Errorf("%s is answered %s, want %s", row.name, reply, row.want)
		}
		t.Logf("%-8s %v", row.name, took.Round(100*time.Microsecond))
		if row.name == "direct" {
			warm = took
		}
	}
	t.Logf("cold start to answer %v, warm %v", cold.Round(100*time.Microsecond), warm.Round(100*time.Microsecond))
	if got := len(account.Rules(group)); got != 4 { // and the egress rule
		t.Errorf("the group has %d rules, want 4", got)
	}
	checkOutput(t, f)
}

func batch(bodies ...string) string {
	records := make([]string, len(bodies))
	for i, body := range bodies {
		records[i] = fmt.Sprintf(`{"messageId":"m%d","body":%q,"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:111122223333:q"}`, i, body)
	}
	return `{"Records":[` + strings.Join(records, ",") + `]}`
}

// checkOutput holds what the process wrote to lines of JSON on standard output.
func checkOutput(t *testing.T, f *function) {
	t.Helper()
	out, errors := f.stop()
	if errors != "" {
		t.Errorf("standard error: %s", errors)
	}
	if got := strings.Count(out, `"message":"outcome"`); got != 9 {
		t.Errorf("%d outcome lines, want 9:\n%s", got, out)
	}
	if got := strings.Count(out, `"ColdStart":1`); got != 1 {
		t.Errorf("%d cold starts, want 1", got)
	}
	if !strings.Contains(out, `"xray_trace_id":"1-5759e988-bd862e3fe1be46a994272793"`) {
		t.Error("the log does not name the trace")
	}
}

// TestBadEnvironment has the process end at once and say all that is wrong.
func TestBadEnvironment(t *testing.T) {
	for _, row := range []struct {
		environment []string
		want        []string
	}{
		{[]string{"AWS_REGION=us-east-1"}, []string{"SGKEEPER_TABLE: not set"}},
		{
			[]string{"AWS_REGION=us-east-1", "SGKEEPER_TABEL=t", "SGKEEPER_QUOTA=many", "SGKEEPER_MODE=dry"},
			[]string{"SGKEEPER_TABLE: not set", `SGKEEPER_QUOTA: "many"`, `SGKEEPER_MODE: "dry"`, `"SGKEEPER_TABEL": there is no such setting; the nearest is SGKEEPER_TABLE`},
		},
		{[]string{"SGKEEPER_TABLE=t-1"}, []string{"AWS_REGION: not set"}},
		{[]string{"SGKEEPER_TABLE=t-1", "AWS_REGION=us-east-1", "AWS_MAX_ATTEMPTS=many"}, []string{"AWS_MAX_ATTEMPTS"}},
	} {
		f := start(t, row.environment...)
		err := f.Wait()
		exit, _ := errors.AsType[*exec.ExitError](err)
		if exit == nil || exit.ExitCode() != 1 {
			t.Errorf("%v: ended with %v, want exit code 1", row.environment, err)
		}
		said := f.err.String()
		if !strings.HasPrefix(said, "sgkeeper-ensure cannot start: ") || f.out.Len() > 0 {
			t.Errorf("%v: said %q, and %q on standard output", row.environment, said, f.out.String())
		}
		for _, want := range row.want {
			if !strings.Contains(said, want) {
				t.Errorf("%v: said %q, want %q", row.environment, said, want)
			}
		}
	}
}

// TestSize tells how large the program is that Lambda loads.
func TestSize(t *testing.T) {
	program, err := bootstrap()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	w, err := z.Create("bootstrap")
	if err == nil {
		_, err = w.Write(binary)
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	const mb = 1e6
	t.Logf("binary %.1f MB, zip %.1f MB", float64(len(binary))/mb, float64(zipped.Len())/mb)
	if zipped.Len() > 50*mb {
		t.Errorf("the zip has %d bytes: Lambda takes 50 MB", zipped.Len())
	}
}
