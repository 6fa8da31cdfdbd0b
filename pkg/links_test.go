package pkg_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestEnsureLinks keeps the ensure function's start short: it links no client
// that it does not call.
func TestEnsureLinks(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "../functions/ensure").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"s3", "securityhub", "sqs"} {
		if strings.Contains(string(out), aws+"service/"+name+"\n") {
			t.Errorf("functions/ensure links the client of %s", name)
		}
	}
}
