package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
	"github.com/sgkeeper/sgkeeper/pkg/explain"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// explainShared runs `sgkeeper explain` on a shared group with open launches.
func explainShared(t *testing.T, args ...string) (document explainJSON) {
	t.Helper()
	account := fakeaws.New(fakeaws.Options{})
	account.AddSecurityGroup(embedded.SharedGroup(sg))
	installed, err := embedded.Install(t.Context(), account, "", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for i, port := range []int{8000, 8080, 8080} {
		event := fmt.Sprintf(`{"detailType": "Launch Requested", "launch": "demo-%d", "group": %q,
			"rules": [{"ports": %d, "from": ["0.0.0.0/0"]}]}`, i+1, sg, port)
		if _, err := installed.Invoke(t.Context(), []byte(event)); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(account)
	defer server.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "any")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "any")
	var out, errOut bytes.Buffer
	args = append([]string{"explain", "--group", sg, "--table", embedded.Table, "--endpoint-url", server.URL,
		"--region", account.Region(), "--output", "json"}, args...)
	if code := run(args, strings.NewReader(""), &out, &errOut); code != 0 {
		t.Fatalf("%v: exit code %d: %s", args, code, &errOut)
	}
	if err := json.Unmarshal(out.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	return document
}

// TestExplainShared asks about a covered, a shared, a foreign and a closed port.
func TestExplainShared(t *testing.T) {
	for _, row := range []struct {
		what, port string
		verdict    explain.Verdict
		madeBy     explain.Owner
		launches   []string      // that requested exactly the rule
		state      explain.State // of every claim; "" for none
	}{
		{"covered", "8000", explain.Open, explain.Foreign, []string{"demo-1"}, explain.Made},
		{"covered by a wider rule", "8004", explain.Open, explain.Foreign, nil, ""},
		{"shared", "8080", explain.Open, explain.Ours, []string{"demo-2", "demo-3"}, explain.Made},
		{"foreign", "22", explain.Open, explain.Foreign, nil, ""},
		{"closed", "9999", explain.Members, explain.Foreign, nil, ""}, // the group's own members may use all ports
	} {
		answer := explainShared(t, "--port", row.port).Answers[0]
		if answer.Verdict != row.verdict.String() {
			t.Errorf("%s: %s", row.what, answer.Verdict)
		}
		rule := answer.Rules[slices.IndexFunc(answer.Rules, func(r explainedRuleJSON) bool {
			return row.launches == nil || len(r.Launches) > 0
		})]
		slices.Sort(rule.Launches)
		if rule.MadeBy != row.madeBy || strings.Join(rule.Launches, " ") != strings.Join(row.launches, " ") {
			t.Errorf("%s: %s by %s for %v", row.what, rule.Rule.Rule, rule.MadeBy, rule.Launches)
		}
		for _, c := range answer.Claims {
			if c.State != row.state {
				t.Errorf("%s: %s is %s, want %s", row.what, c.Launch, c.State, row.state)
			}
		}
	}
	answer := explainShared(t, "--port", "9999", "--from", "0.0.0.0/0").Answers[0]
	if answer.Verdict != explain.Closed.String() || len(answer.Claims) != 0 {
		t.Errorf("9999 from the world is %s", answer.Verdict)
	}
}
