package clients_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// block is a marked block of docs/launchers.md.
type block struct{ how, text string }

var marked = regexp.MustCompile("(?s)<!-- (run: bash|run: python|run: terraform|parsed: yaml) -->\n```[a-z]+\n(.*?)```\n")

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

// TestLaunchers runs the examples of docs/launchers.md against `sgkeeper local`. Small
// programs replace the other launchers; they check that a port is open.
func TestLaunchers(t *testing.T) {
	aws := installed(t, "aws", "aws")
	python := installed(t, "aws", "python")
	l := startLocal(t)
	environment := l.launcherEnvironment(t, filepath.Dir(aws))
	ran := map[string]int{}
	for i, b := range launcherBlocks(t) {
		name := fmt.Sprintf("%s %d", b.how, i+1)
		t.Run(name, func(t *testing.T) {
			switch b.how {
			case "run: bash":
				do(t, environment, "bash", "-euo", "pipefail", "-c", b.text)
			case "run: python":
				do(t, environment, python, "-c", b.text)
			case "run: terraform":
				terraform(t, environment, l.Group, b.text)
			default:
				var anything map[string]any
				if err := yaml.Unmarshal([]byte(b.text), &anything); err != nil || len(anything) == 0 {
					t.Errorf("%v: %v", anything, err)
				}
			}
			ran[b.how]++
		})
	}
	fmt.Printf("launchers: %v\n", ran)
}

// launcherEnvironment has sgkeeper, the AWS CLI and the launchers' replacements on its path.
func (l local) launcherEnvironment(t *testing.T, awsFolder string) []string {
	t.Helper()
	bin := t.TempDir()
	for name, port := range map[string]string{"sky": "8003", "ray": "8265", "dstack": "8010"} {
		script := fmt.Sprintf("#!/bin/sh\ncase $1 in down) exit 0;; esac\nsgkeeper explain --table sgkeeper --group $SG --port %s --from 10.0.0.0/8 | grep '^open'\n", port)
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	environment := append(l.environment(t), "SG="+l.Group, "AWS_REGION="+l.Region, "TF_CLI_CONFIG_FILE=/dev/null", "CHECKPOINT_DISABLE=1")
	for i, variable := range environment {
		if path, found := strings.CutPrefix(variable, "PATH="); found {
			environment[i] = "PATH=" + strings.Join([]string{bin, binary.folder, awsFolder, path}, ":")
		}
	}
	return environment
}

// do runs a program in a new folder.
func do(t *testing.T, environment []string, program string, args ...string) {
	t.Helper()
	for _, variable := range environment {
		if path, found := strings.CutPrefix(variable, "PATH="); found {
			t.Setenv("PATH", path)
		}
	}
	command := exec.Command(program, args...)
	command.Env, command.Dir = environment, t.TempDir()
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", program, err, out)
	}
}

// terraform applies a configuration that needs no provider, and destroys it.
func terraform(t *testing.T, environment []string, group, text string) {
	t.Helper()
	program, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("terraform is not installed, and no registry has it: the block is not run")
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "main.tf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	chdir := "-chdir=" + folder
	do(t, environment, program, chdir, "init", "-input=false", "-no-color")
	do(t, environment, program, chdir, "apply", "-auto-approve", "-input=false", "-no-color", "-var", "group="+group)
	do(t, environment, program, chdir, "destroy", "-auto-approve", "-input=false", "-no-color", "-var", "group="+group)
}
