package conformance_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// TestDynamoDB runs the contract tests of package dynamo on each engine that has a DynamoDB.
// They cover leases, claims, ends and conditional writes. DynamoDB Local decides.
func TestDynamoDB(t *testing.T) {
	program := filepath.Join(t.TempDir(), "dynamo.test")
	build := sync.OnceValue(func() error { return buildContract(program) })
	for _, e := range []*engine{dynamodbLocal, ministack, embedded} {
		t.Run(e.name, func(t *testing.T) {
			if e == embedded && os.Getenv("CI") == "" {
				t.Skip("the tests of pkg/aws/dynamo run it; in CI it runs here too, to be counted")
			}
			where, environment := "fakeaws", []string{"SGKEEPER_TEST_DYNAMODB="}
			if e != embedded {
				where, environment = "endpoint", []string{"SGKEEPER_TEST_DYNAMODB=" + e.start(t)}
			}
			if err := build(); err != nil {
				t.Fatal(err)
			}
			passed := runContract(t, program, where, environment)
			ran.add("DynamoDB contract", e, passed, 0)
			ran.say("dynamodb: %d passed on %s %s, 0 divergences", passed, e.name, e.version)
		})
	}
}

const contractFolder = "../aws/dynamo"

func buildContract(program string) error {
	if out, err := exec.Command("go", "test", "-c", "-o", program, contractFolder).CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

var contractLine = regexp.MustCompile(`^ *--- (PASS|FAIL|SKIP): (\S+)`)

// runContract returns the number of contract tests that passed in one place. It counts only
// innermost subtests.
func runContract(t *testing.T, program, where string, environment []string) (passed int) {
	t.Helper()
	cmd := exec.Command(program, "-test.v", "-test.count=1", "-rapid.nofailfile", "-rapid.seed=1")
	cmd.Dir, cmd.Env = contractFolder, append(os.Environ(), environment...)
	out, err := cmd.CombinedOutput()
	var last string
	results := make(map[string]int)
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		found := contractLine.FindStringSubmatch(lines.Text())
		if found == nil || !ranAt(found[2], where) || strings.HasPrefix(last, found[2]+"/") {
			continue
		}
		last = found[2]
		results[found[1]]++
	}
	if err != nil || results["FAIL"]+results["SKIP"] > 0 || results["PASS"] == 0 {
		t.Fatalf("%d passed, %d failed, %d skipped: %v\n%s", results["PASS"], results["FAIL"], results["SKIP"], err,
			quietLine.ReplaceAll(out, nil))
	}
	return results["PASS"]
}

// quietLine matches lines that report no failure.
var quietLine = regexp.MustCompile(`(?m)^(=== RUN| *--- PASS|.*\[rapid\] (OK|draw)).*\n`)

// ranAt reports whether a test ran in a place. A repeated name ends in #01 and so on.
func ranAt(test, where string) bool {
	for segment := range strings.SplitSeq(test, "/") {
		if name, _, _ := strings.Cut(segment, "#"); name == where {
			return true
		}
	}
	return false
}
