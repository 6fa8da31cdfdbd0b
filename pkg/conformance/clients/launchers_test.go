package clients_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// block is a marked block of docs/launchers.md.
type block struct{ how, text string }

var marked = regexp.MustCompile(
	"(?s)<!-- (run: bash|run: python|run: terraform|run: cloudformation|parsed: yaml|parsed: " +
		"json) -->\n```[a-z]+\n(.*?)```\n")

func launcherBlocks(t *testing.T) (blocks []block) {
	t.Helper()
	page, err := os.ReadFile("../../../docs/launchers.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range marked.FindAllStringSubmatch(string(page), -1) {
		blocks = append(blocks, block{m[1], m[2]})
	}
	if n := strings.Count(string(page), "```") / 2; n != len(blocks) {
		t.Errorf("%d blocks, of which %d are marked", n, len(blocks))
	}
	return blocks
}

// circumstance is a state of the group in which an example of docs/launchers.md runs.
type circumstance struct {
	name    string
	flags   []string // of sgkeeper local
	wide    string   // a CIDR from which an outsider's rule allows all TCP ports; "": no such rule
	refused bool     // the guardrails refuse every launch, so the example must fail
}

func circumstances(t *testing.T) []circumstance {
	t.Helper()
	guardrails := filepath.Join(t.TempDir(), "guardrails.yaml")
	if err := os.WriteFile(guardrails, []byte("deny: [{id: closed, reason: no launch may open ports here, "+
		"rules: [{protocol: all, from: [0.0.0.0/0]}]}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return []circumstance{
		{name: "no rule"},
		{name: "a wider rule", wide: "10.0.0.0/8"},
		{name: "refused", flags: []string{"--guardrails", guardrails}, refused: true},
	}
}

// TestLaunchers runs the examples of docs/launchers.md against `sgkeeper local`: on a group
// without the ports, on a group with a wider rule, and with guardrails that refuse every launch.
// A refused example fails, and its workload does not start. At the end of each example, the
// group has the rules of its start. A small program replaces Ray; it checks that a port is open.
func TestLaunchers(t *testing.T) {
	folder := filepath.Dir(installed(t, "aws", "aws"))
	blocks := launcherBlocks(t)
	ran, passed := map[string]int{}, 0
	for _, c := range circumstances(t) {
		t.Run(c.name, func(t *testing.T) {
			l := startLocal(t, c.flags...)
			if c.wide != "" {
				l.authorize(t, 1, 65535, c.wide)
			}
			environment := l.launcherEnvironment(t, folder)
			for i, b := range blocks {
				t.Run(fmt.Sprintf("%s %d", b.how, i+1), func(t *testing.T) {
					before := l.rules(t)
					b.run(t, environment, l, c.refused)
					l.settles(t, before)
					if ran[b.how]++; !t.Failed() {
						passed++
					}
				})
			}
		})
	}
	fmt.Printf("launchers: %v, %d passed, %d failed\n", ran, passed, len(blocks)*3-passed)
}

// run runs or parses a block. A refused one must fail before its workload.
func (b block) run(t *testing.T, environment []string, l local, refused bool) {
	t.Helper()
	program, args := "bash", []string{"-euo", "pipefail", "-c", b.text}
	switch b.how {
	case "run: terraform", "run: cloudformation":
		return // TestTerraformExample of clients/terraform and TestCustomResource of functions/ensure/handler
	case "parsed: yaml", "parsed: json": // JSON is YAML
		var anything map[string]any
		if err := yaml.Unmarshal([]byte(b.text), &anything); err != nil || len(anything) == 0 {
			t.Errorf("%v: %v", anything, err)
		}
		return
	case "run: python":
		program, args = "python", []string{"-c", b.text}
	}
	out, err := do(t, environment, program, args...)
	started := strings.Contains(out, "the job runs")
	switch {
	case refused && (err == nil || started || !strings.Contains(out, "no launch may open ports here")):
		t.Errorf("refused, and %s: error %v, want a failure with the reason before the job\n%s", program, err, out)
	case !refused && (err != nil || !started):
		t.Errorf("%s: %v, want the job to run\n%s", program, err, out)
	}
}

// settles returns when the group has the given rules.
func (l local) settles(t *testing.T, want []string) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		got := l.rules(t)
		if slices.Equal(got, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("after 30 s the rules are %v, want those of the start, %v", got, want)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// launcherEnvironment has sgkeeper, the AWS CLI and the replacement of Ray on its path.
func (l local) launcherEnvironment(t *testing.T, awsFolder string) []string {
	t.Helper()
	bin := t.TempDir()
	for name, port := range map[string]string{"ray": "8265"} {
		script := fmt.Sprintf("#!/bin/sh\ncase $1 in down) exit 0;; esac\n"+
			"sgkeeper explain --table sgkeeper --group $SG --port %s --from 10.0.0.0/8 | grep '^open' && "+
			"echo the job runs\n", port)
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	client, err := filepath.Abs("../../../clients/python/src")
	if err != nil {
		t.Fatal(err)
	}
	environment := append(l.environment(t), "SG="+l.Group, "AWS_REGION="+l.Region, "PYTHONPATH="+client)
	for i, variable := range environment {
		if path, found := strings.CutPrefix(variable, "PATH="); found {
			environment[i] = "PATH=" + strings.Join([]string{bin, binary.folder, awsFolder, path}, ":")
		}
	}
	return environment
}

// do runs a program in a new folder, and returns its output.
func do(t *testing.T, environment []string, program string, args ...string) (string, error) {
	t.Helper()
	for _, variable := range environment {
		if path, found := strings.CutPrefix(variable, "PATH="); found {
			t.Setenv("PATH", path)
		}
	}
	command := exec.Command(program, args...)
	command.Env, command.Dir = environment, t.TempDir()
	out, err := command.CombinedOutput()
	return string(out), err
}
