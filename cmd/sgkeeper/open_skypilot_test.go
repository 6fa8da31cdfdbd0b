package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSkyPorts tries every form of a SkyPilot task's ports.
func TestSkyPorts(t *testing.T) {
	for _, row := range []struct{ name, task, want string }{
		{"a number", "resources:\n  ports: 8000", "8000"},
		{"a text", "resources:\n  ports: '8000'", "8000"},
		{"a range", "resources:\n  ports: 8002-8004", "8002-8004"},
		{"a list", "resources:\n  ports: [8000, '8001', 8002-8004]", "8000 8001 8002-8004"},
		{"a list, line by line", "name: x\nresources:\n  cpus: 4+\n  ports:\n    - 8000\n    - " +
			"8002-8004\nrun: |\n  true", "8000 8002-8004"},
		{"alternatives", "resources:\n  ports: 8000\n  any_of:\n    - infra: aws/us-west-2\n      ports: " +
			"8001\n    - accelerators: H100\n      ports: [8002]", "8000 8001 8002"},
		{"in order of preference",
			"resources:\n  ordered:\n    - infra: aws\n      ports: 8001\n    - infra: " +
				"'*/us-east-1'\n      ports: 8002", "8001 8002"},
		{"alternatives elsewhere",
			"resources:\n  ports: 8000\n  any_of:\n    - infra: gcp/us-central1\n      ports: 1\n    - cloud: " +
				"azure\n      ports: 2\n    - cloud: AWS\n      ports: 8001", "8000 8001"},
		{"several tasks", "name: pipeline\n---\nresources:\n  ports: 8000\n---\nresources:\n  ports: 8001\n",
			"8000 8001"},
		{"an alias", "x: &p [8000, 8001]\nresources:\n  ports: *p", "8000 8001"},
		{"null beside alternatives", "resources:\n  ports: null\n  any_of:\n    - ports: 8000", "8000"},
	} {
		ports, err := skyPorts([]byte(row.task))
		var texts []string
		for _, p := range ports {
			texts = append(texts, p.text)
		}
		if got := strings.Join(texts, " "); err != nil || got != row.want {
			t.Errorf("%s: %q, %v, want %q", row.name, got, err, row.want)
		}
	}
}

func TestSkyPortsRefused(t *testing.T) {
	var got []string
	for _, task := range []string{
		"", "resources:", "resources: {cpus: 4}", "resources:\n  infra: gcp\n  ports: 8000",
		"resources: 8000", "resources: [", "resources:\n  ports: {a: 1}", "resources:\n  ports: [[8000]]",
		"resources:\n  ports: ${PORT}", strings.Repeat("#", skyLimit+1),
		"a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: " +
			"&c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nresources:\n  ports: *c",
	} {
		ports, err := skyPorts([]byte(task))
		if err == nil {
			t.Errorf("%.40q: %v, want an error", task, ports)
			continue
		}
		first, _, _ := strings.Cut(err.Error(), "\n")
		got = append(got, first)
	}
	absent := "resources.ports is absent: want the ports of the task there, or give --ports"
	want := []string{
		absent, absent, absent, absent,
		"it is not a SkyPilot task: want a mapping with resources.ports",
		"it cannot be read as a SkyPilot task: yaml: line 1: did not find expected node content",
		"line 2, resources.ports: want a number, a range such as 8002-8004, or a list of those",
		"line 2, resources.ports: want a number, a range such as 8002-8004, or a list of those",
		`line 2, resources.ports: found "${PORT}", which SkyPilot fills in at launch: give --ports`,
		"the file has 1048577 bytes: want at most 1048576",
		"line 2, resources.ports: want a number, a range such as 8002-8004, or a list of those",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}
