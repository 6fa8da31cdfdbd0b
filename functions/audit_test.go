package functions_test

import (
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestAudit runs the program as Lambda does, against an embedded account on loopback.
func TestAudit(t *testing.T) {
	account, environment, closeAccount := serveAccount(t)
	defer closeAccount()
	account.AddBucket("reports")
	if _, err := account.AddRule(group, fakeaws.Rule{Protocol: "tcp", FromPort: 22, ToPort: 22,
		Peer: "0.0.0.0/0"}); err != nil {
		t.Fatal(err)
	}
	process := build(t, "./audit").start(t, append(environment, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
		"SGKEEPER_REPORTS=reports")...)
	process.ready()
	process.invoke(`{"sgkeeper":"audit"}`, `"critical":1`)
	if keys := account.Objects("reports"); len(keys) != 6 {
		t.Errorf("stored are %q, want the report, the latest and the index, as JSON and as pages", keys)
	}
}
