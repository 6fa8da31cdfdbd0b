package clients_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"strconv"
	"testing"
)

// launches is the number of clusters that open their ports at once.
const launches = 30

// tally is the driver's output.
type tally struct {
	Launches, Failed int
	Errors           map[string]int
}

// TestSkyPilot opens the ports of many clusters in one security group with SkyPilot's own
// open_ports, as in the incident. Then it opens those of the same clusters through sgkeeper.
func TestSkyPilot(t *testing.T) {
	python := installed(t, "skypilot", "python")
	theirs := drive(t, python, startLocal(t), "skypilot")
	ours := drive(t, python, startLocal(t), "sgkeeper")
	fmt.Printf("skypilot: %d of %d launches failed\nsgkeeper: %d of %d failed\n", theirs.Failed, theirs.Launches,
		ours.Failed, ours.Launches)
	if theirs.Launches != launches || theirs.Failed == 0 ||
		theirs.Errors["InvalidPermission.Duplicate"] != theirs.Failed {
		t.Errorf("by SkyPilot: %+v, want %d launches, and some of them failed with InvalidPermission.Duplicate", theirs,
			launches)
	}
	if ours.Launches != launches || ours.Failed != 0 {
		t.Errorf("by sgkeeper: %+v, want %d launches and none failed", ours, launches)
	}
}

// drive opens the ports of all launches in one of the two ways.
func drive(t *testing.T, python string, account local, way string) (result tally) {
	t.Helper()
	command := exec.Command(python, "python/skypilot.py", way, strconv.Itoa(launches), account.Group, account.Bus)
	command.Env = append(account.environment(t), "SKYPILOT_DISABLE_USAGE_COLLECTION=1")
	var log bytes.Buffer
	command.Stderr = &log
	out, err := command.Output()
	if err == nil {
		err = json.Unmarshal(out, &result)
	}
	if err != nil {
		t.Fatalf("skypilot.py %s: %v\n%s%s", way, err, out, log.Bytes())
	}
	return result
}
