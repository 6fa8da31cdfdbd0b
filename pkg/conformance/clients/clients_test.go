// Package clients_test runs clients that others wrote against `sgkeeper local`: the AWS CLI,
// boto3, and SkyPilot's own code. It checks their output, as a person would see it.
package clients_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

var binary = struct {
	folder string
	build  func() error
}{}

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "clients")
	if err != nil {
		panic(err)
	}
	binary.folder = folder
	binary.build = sync.OnceValue(func() error {
		out, err := exec.Command("go", "build", "-o", filepath.Join(folder, "sgkeeper"),
			"../../../cmd/sgkeeper").CombinedOutput()
		if err != nil {
			return fmt.Errorf("go build: %w\n%s", err, out)
		}
		return nil
	})
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// installed returns a program in a virtual environment that install makes. Without the program
// it skips the test or, in CI, fails it.
func installed(t *testing.T, environment, program string) string {
	t.Helper()
	engines := os.Getenv("SGKEEPER_ENGINES")
	if engines == "" {
		engines = ".engines"
	}
	if !filepath.IsAbs(engines) {
		engines = filepath.Join("..", "..", "..", engines)
	}
	path, err := filepath.Abs(filepath.Join(engines, environment, "bin", program))
	if err == nil {
		_, err = os.Stat(filepath.Join(engines, environment, "stamp"))
	}
	if err != nil && os.Getenv("CI") == "" {
		t.Skipf("not installed: run pkg/conformance/clients/install: %v", err)
	}
	if err != nil {
		t.Fatalf("not installed: run pkg/conformance/clients/install: %v", err)
	}
	return path
}

// local is an embedded account in a process of its own.
type local struct {
	Endpoint, Account, Region, Group, Bus, Table string
	LaunchQueue, OutcomeQueue                    string
}

// startLocal starts an account with a group in which the incident's ports are open. The
// account stops when the test ends.
func startLocal(t *testing.T, flags ...string) (account local) {
	t.Helper()
	if err := binary.build(); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(filepath.Join(binary.folder, "sgkeeper"),
		append([]string{"local", "--listen", "127.0.0.1:0", "--output", "json"}, flags...)...)
	var log bytes.Buffer
	command.Stderr = &log
	out, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(os.Interrupt)
		_ = command.Wait()
		if t.Failed() {
			t.Logf("sgkeeper local:\n%s", log.Bytes())
		}
	})
	if err := json.NewDecoder(out).Decode(&account); err != nil {
		t.Fatalf("sgkeeper local printed no JSON: %v", err)
	}
	return account
}

// environment makes AWS clients use the account.
func (l local) environment(t *testing.T) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ENDPOINT_URL=" + l.Endpoint, "AWS_DEFAULT_REGION=" + l.Region,
		"AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any",
	}
}
