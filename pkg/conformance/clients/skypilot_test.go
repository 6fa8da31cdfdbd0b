// Package skypilot_test runs SkyPilot's own code against `sgkeeper local`: its
// open_ports, as it was in the incident, for many clusters in one security
// group, and then the same launches through sgkeeper.
package skypilot_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// launches is how many clusters open their ports at the same moment.
const launches = 30

// tally is what the driver prints.
type tally struct {
	Launches, Failed int
	Errors           map[string]int
}

func TestSkyPilot(t *testing.T) {
	python := interpreter(t)
	binary := build(t)
	theirs := drive(t, python, startLocal(t, binary), "skypilot")
	ours := drive(t, python, startLocal(t, binary), "sgkeeper")
	fmt.Printf("skypilot: %d of %d launches failed\nsgkeeper: %d of %d failed\n", theirs.Failed, theirs.Launches, ours.Failed, ours.Launches)
	if theirs.Launches != launches || theirs.Failed == 0 || theirs.Errors["InvalidPermission.Duplicate"] != theirs.Failed {
		t.Errorf("by SkyPilot: %+v, want %d launches, and some of them failed with InvalidPermission.Duplicate", theirs, launches)
	}
	if ours.Launches != launches || ours.Failed != 0 {
		t.Errorf("by sgkeeper: %+v, want %d launches and none failed", ours, launches)
	}
}

// interpreter returns the Python that has SkyPilot. A test without it is
// skipped, but in CI.
func interpreter(t *testing.T) string {
	t.Helper()
	engines := os.Getenv("SGKEEPER_ENGINES")
	if engines == "" {
		engines = ".engines"
	}
	if !filepath.IsAbs(engines) {
		engines = filepath.Join("..", "..", "..", engines)
	}
	python, err := filepath.Abs(filepath.Join(engines, "skypilot", "bin", "python"))
	if err == nil {
		_, err = os.Stat(filepath.Join(filepath.Dir(filepath.Dir(python)), "stamp"))
	}
	switch {
	case err == nil:
		return python
	case os.Getenv("CI") != "":
		t.Fatalf("SkyPilot is not installed: run pkg/conformance/skypilot/install: %v", err)
	}
	t.Skipf("SkyPilot is not installed: run pkg/conformance/skypilot/install: %v", err)
	return ""
}

func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "sgkeeper")
	if out, err := exec.Command("go", "build", "-o", binary, "../../../cmd/sgkeeper").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// local is an embedded account in a process of its own.
type local struct{ Endpoint, Region, Group, Bus string }

// startLocal starts one, with a group in which the incident's ports are open, and
// stops it at the end.
func startLocal(t *testing.T, binary string) (account local) {
	t.Helper()
	command := exec.Command(binary, "local", "--listen", "127.0.0.1:0", "--output", "json")
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
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(&account); err != nil {
		t.Fatalf("sgkeeper local printed no JSON: %v\n%s", err, log.Bytes())
	}
	return account
}

// drive opens the ports of all launches, one way or the other.
func drive(t *testing.T, python string, account local, way string) (result tally) {
	t.Helper()
	command := exec.Command(python, "driver.py", way, strconv.Itoa(launches), account.Group, account.Bus)
	command.Env = []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + t.TempDir(), // of SkyPilot's own state
		"SKYPILOT_DISABLE_USAGE_COLLECTION=1",
		"AWS_ENDPOINT_URL=" + account.Endpoint, "AWS_DEFAULT_REGION=" + account.Region, "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any",
	}
	var log bytes.Buffer
	command.Stderr = &log
	out, err := command.Output()
	if err == nil {
		err = json.Unmarshal(out, &result)
	}
	if err != nil {
		t.Fatalf("driver.py %s: %v\n%s%s", way, err, out, log.Bytes())
	}
	return result
}
