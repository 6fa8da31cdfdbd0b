package conformance_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// clusters is the number of SkyPilot's clusters in one group.
const clusters = 30

// skypilotResult is the output of clients/python/skypilot_plugin.py.
type skypilotResult struct {
	Clusters, Ended, Live, Leaked                  int
	Plugins                                        []string
	OpenErrors, EndErrors, AgainErrors, LastErrors map[string]int
	Missing, ClosedTooMuch, LeftOpen, AgainMissing []int
	Refused                                        string
}

func (r *skypilotResult) failures() (n int) {
	for _, count := range r.OpenErrors {
		n += count
	}
	return n
}

// TestSkyPilotPlugin opens and closes the ports of 30 clusters in one group, through SkyPilot's
// own sky.provision: first with sgkeeper's plugin, then without it. The functions are compiled,
// the table is in DynamoDB Local, and moto is EC2.
func TestSkyPilotPlugin(t *testing.T) {
	python := skypilotPython(t)
	s := newScene(t, moto, new(fleet), 0)
	s.fleet.run(t, 8)
	s.fleet.sweep(t)
	d := newEndpoint(t, s.fleet, 8)

	with, others, operations := d.skypilot(t, python, "sgkeeper")
	if with.failures() > 0 || len(with.Missing) > 0 || with.Clusters != clusters {
		t.Errorf("%d of %d clusters failed: %v; not open: %v", with.failures(), with.Clusters, with.OpenErrors,
			with.Missing)
	}
	if len(with.EndErrors) > 0 || len(with.ClosedTooMuch) > 0 || len(with.LeftOpen) > 0 {
		t.Errorf("after %d ends: %v; closed of live clusters: %v; left open: %v",
			with.Ended, with.EndErrors, with.ClosedTooMuch, with.LeftOpen)
	}
	if len(with.AgainErrors) > 0 || len(with.AgainMissing) > 0 {
		t.Errorf("a cluster that starts again: %v; not open: %v", with.AgainErrors, with.AgainMissing)
	}
	if !strings.Contains(with.Refused, "/rules/0/from/0") || !strings.Contains(with.Refused, "22") {
		t.Errorf("port 22 from the world: the user got %q, want sgkeeper's reason", with.Refused)
	}
	if len(with.LastErrors) > 0 || with.Leaked != 0 {
		t.Errorf("after all ends: %v; %d rules are left", with.LastErrors, with.Leaked)
	}
	if others != 0 || len(with.Plugins) != 1 {
		t.Errorf("SkyPilot with the plugins %v made %d calls that change rules: %v", with.Plugins, others, operations)
	}
	fmt.Printf("skypilot plugin: %d clusters, %d failures, %d ended, %d live, %d other rule calls\n",
		with.Clusters, with.failures(), with.Ended, with.Live, others)

	without, own, _ := d.skypilot(t, python, "skypilot")
	if without.Clusters != clusters || without.Leaked == 0 || own == 0 {
		t.Errorf("without the plugin: %d clusters, %d rules leaked, %d rule calls; want some of each",
			without.Clusters, without.Leaked, own)
	}
	fmt.Printf("without it: %d failed, %d rules leaked, %d rule calls\n", without.failures(), without.Leaked, own)
	for _, violation := range s.fleet.violations {
		t.Error(violation)
	}
}

// sweep sends sweeps until the test ends, as the schedule does once a minute. They serve groups
// that a function yielded.
func (f *fleet) sweep(t *testing.T) {
	tick := time.NewTicker(2 * time.Second)
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-tick.C:
				f.queue.send(sweep)
			case <-over:
				return
			}
		}
	}()
	t.Cleanup(func() {
		tick.Stop()
		close(over)
		<-ended
	})
}

// skypilot runs the driver. It returns the driver's result and SkyPilot's calls that change rules.
func (d *endpoint) skypilot(t *testing.T, python, way string) (result skypilotResult, n int, operations []string) {
	t.Helper()
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".sky"), 0o700); err != nil {
		t.Fatal(err)
	}
	if way == "sgkeeper" {
		config := `{plugins: [{class: sgkeeper.skypilot.Plugin, parameters: {sources: 0.0.0.0/0}}]}`
		if err := os.WriteFile(filepath.Join(home, ".sky", "plugins.yaml"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	source, err := filepath.Abs("../../clients/python/src")
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(python, "clients/python/skypilot_plugin.py", way, strconv.Itoa(clusters))
	command.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "PYTHONPATH=" + source, "PYTHONDONTWRITEBYTECODE=1",
		"SKYPILOT_DISABLE_USAGE_COLLECTION=1", "AWS_EC2_METADATA_DISABLED=true", "AWS_ENDPOINT_URL=" + d.URL,
		"AWS_DEFAULT_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
	}
	var log bytes.Buffer
	command.Stderr = &log
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	var last []byte
	for ready := false; lines.Scan(); {
		switch line := bytes.Clone(lines.Bytes()); {
		case ready:
			last = line
		case bytes.HasPrefix(line, []byte(`{"group"`)): // SkyPilot may print lines of its own
			ready = true
			d.takeRuleCalls() // those that set the group up
			_, _ = io.WriteString(in, "\n")
		}
	}
	if err := command.Wait(); err != nil || json.Unmarshal(last, &result) != nil {
		t.Fatalf("skypilot_plugin.py %s: %v\n%s\n%s\noutput of one function:\n%s",
			way, err, last, log.Bytes(), d.fleet.anyOutput())
	}
	if t.Failed() {
		t.Logf("skypilot_plugin.py %s:\n%s", way, log.Bytes())
	}
	n, operations = d.takeRuleCalls()
	return result, n, operations
}

// skypilotPython returns the interpreter of the environment with SkyPilot. If the environment
// is not installed, it skips the test or, in CI, fails it.
func skypilotPython(t *testing.T) string {
	t.Helper()
	environment := filepath.Join(folder(), "skypilot-plugin")
	path, err := filepath.Abs(filepath.Join(environment, "bin", "python"))
	if err == nil {
		_, err = os.Stat(filepath.Join(environment, "stamp"))
	}
	if err != nil && os.Getenv("CI") == "" {
		t.Skipf("not installed: run pkg/conformance/clients/install: %v", err)
	}
	if err != nil {
		t.Fatalf("not installed: run pkg/conformance/clients/install: %v", err)
	}
	return path
}
