package clients_test

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
)

var (
	ranTests = regexp.MustCompile(`(?m)^Ran (\d+) tests in`)
	failures = regexp.MustCompile(`(?m)^(FAIL|ERROR): `)
)

// TestBoto3 runs python/test_boto3.py, a program that uses boto3.
func TestBoto3(t *testing.T) {
	python := installed(t, "aws", "python")
	l := startLocal(t)
	command := exec.Command(python, "-m", "unittest", "test_boto3")
	command.Dir = "python"
	command.Env = append(l.environment(t), "PYTHONDONTWRITEBYTECODE=1",
		"SGKEEPER_GROUP="+l.Group, "SGKEEPER_BUS="+l.Bus, "SGKEEPER_TABLE="+l.Table,
		"SGKEEPER_LAUNCHES="+l.LaunchQueue, "SGKEEPER_OUTCOMES="+l.OutcomeQueue)
	out, err := command.CombinedOutput()
	ran := ranTests.FindSubmatch(out)
	if ran == nil {
		t.Fatalf("no test ran: %v\n%s", err, out)
	}
	n, _ := strconv.Atoi(string(ran[1])) // matched as digits
	failed := len(failures.FindAll(out, -1))
	fmt.Printf("boto3: %d passed, %d failed\n", n-failed, failed)
	if err != nil || n == 0 {
		t.Errorf("%d tests: %v\n%s", n, err, out)
	}
}
