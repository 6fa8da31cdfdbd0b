package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// excepted maps checkov's checks that templates fail to the reason. A check that a template
// passes must not be here.
var excepted = map[string]struct {
	why       string
	templates []string
}{
	"CKV_AWS_18": {"an access log of the reports' bucket needs a second bucket; " +
		"CloudTrail's data events can show the readers", all},
	"CKV_AWS_115": {"the queues' mappings limit a function's concurrency; a reservation would take " +
		"it from the account, and fails if the account has little", all},
	"CKV_AWS_116": {"a message of a queue has that queue's dead letters; " +
		"a failed sweep, a direct invocation, is repeated within a minute", all},
	"CKV_AWS_117": {"the functions call AWS's APIs and nothing in a VPC; the key subnets puts them in one",
		[]string{"installation", "release", "untagged"}},
	"CKV_AWS_111": {"Lambda's calls that connect a function to a VPC support few resources; " +
		"the function's code may not make them", []string{"full"}},

	"CKV_AWS_26": {ownKeys, keyless},
	"CKV_AWS_27": {ownKeys + "; the queues are encrypted by SQS's",
		append([]string{"member", "member-release", "governed"}, keyless...)},
	"CKV_AWS_119": {ownKeys + "; the table is encrypted by DynamoDB's", keyless},
	"CKV_AWS_158": {ownKeys + "; the logs are encrypted by CloudWatch's", keyless},
	"CKV_AWS_173": {ownKeys + "; the environment is encrypted by Lambda's, and holds no secret", keyless},
}

const ownKeys = "the key kmsKey of the context turns on a customer managed key"

var (
	all     = []string{"full", "installation", "release", "untagged"}
	keyless = []string{"installation", "release"}
)

// linter returns the path of a linter that infra/install has installed.
func linter(t *testing.T, name string) string { return installed(t, "linters", "bin", name) }

// installed returns the path of a program that infra/install has installed.
func installed(t *testing.T, path ...string) string {
	t.Helper()
	folder := os.Getenv("SGKEEPER_ENGINES")
	if folder == "" {
		folder = ".engines"
	}
	if !filepath.IsAbs(folder) {
		folder = filepath.Join("..", folder)
	}
	program := filepath.Join(append([]string{folder}, path...)...)
	if _, err := os.Stat(program); err != nil {
		if os.Getenv("CI") == "" {
			t.Skipf("%s is not installed: run infra/install", path[len(path)-1])
		}
		t.Fatalf("%s is not installed: run infra/install", path[len(path)-1])
	}
	absolute, err := filepath.Abs(program)
	if err != nil {
		t.Fatal(err)
	}
	return absolute
}

// golden returns the templates' golden files, which TestGolden compares with the code.
func golden(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, name := range slices.Sorted(maps.Keys(contexts)) {
		files = append(files, filepath.Join("testdata", name+".json"))
	}
	return files
}

// redundant is the rule against a DependsOn beside a reference. CDK's construct of a function
// has one for its role.
const redundant = "W3005"

// TestCfnLint checks the templates against CloudFormation's own schemas.
func TestCfnLint(t *testing.T) {
	args := append([]string{"--ignore-checks", redundant, "--regions", "us-east-1", "eu-west-1", "--"}, golden(t)...)
	if out, err := exec.Command(linter(t, "cfn-lint"), args...).CombinedOutput(); err != nil {
		t.Errorf("cfn-lint: %v\n%s", err, out)
	}
}

// TestCheckov runs checkov's checks on the templates, except excepted ones.
func TestCheckov(t *testing.T) {
	args := []string{"--framework", "cloudformation", "--output", "json", "--compact", "--quiet", "--skip-download"}
	for _, file := range golden(t) {
		args = append(args, "--file", file)
	}
	out, _ := exec.Command(linter(t, "checkov"), args...).Output() // fails if a check fails
	var report struct {
		Summary struct{ Passed int }
		Results struct {
			Failed []struct {
				ID       string `json:"check_id"`
				Name     string `json:"check_name"`
				File     string `json:"file_path"`
				Resource string `json:"resource"`
			} `json:"failed_checks"`
		}
	}
	if err := json.Unmarshal(out, &report); err != nil || report.Summary.Passed == 0 {
		t.Fatalf("checkov says %.300s: %v", out, err)
	}
	seen := make(map[string]bool)
	for _, f := range report.Results.Failed {
		template := strings.TrimSuffix(filepath.Base(f.File), ".json")
		seen[f.ID+" "+template] = true
		if !slices.Contains(excepted[f.ID].templates, template) {
			t.Errorf("%s: %s fails %s: %s", template, f.Resource, f.ID, f.Name)
		}
	}
	for id, exception := range excepted {
		for _, template := range exception.templates {
			if !seen[id+" "+template] {
				t.Errorf("%[2]s passes %[1]s: remove the exception", id, template)
			}
		}
	}
	fmt.Printf("checkov: %d passed, %d excepted, each with its reason\n", report.Summary.Passed,
		len(report.Results.Failed))
}
