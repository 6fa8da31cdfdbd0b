package main

import (
	"encoding/json"
	"fmt"
	"io"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestPlanRefusesAsEnsure gives the same details to `sgkeeper plan` and to the ensure function
// of an installation with default settings. Both must give the same reasons, and plan must
// authorize the same rules.
func TestPlanRefusesAsEnsure(t *testing.T) {
	const past, future = "2001-01-01T00:00:00Z", "2099-01-01T00:00:00Z"
	for i, test := range []struct{ name, expires, rules string }{
		{"a rule", future, `{"ports": 8000, "from": ["0.0.0.0/0"]}`},
		{"an expired request", past, `{"ports": 8000, "from": ["10.0.0.0/8"]}`},
		{"SSH from the world", future, `{"ports": 22, "from": ["0.0.0.0/0"]}`},
		{"SSH from the world, expired", past, `{"ports": 22, "from": ["0.0.0.0/0"]}`},
		{"all from the world", future, `{"protocol": "all", "from": ["::/0"]}`},
		{"the world in halves", future, `{"ports": "1-9000", "from": ["0.0.0.0/1", "128.0.0.0/1"]}`},
		{"SSH from a network", future, `{"ports": 22, "from": ["10.0.0.0/8"]}`},
		{"host bits", future, `{"ports": 443, "from": ["10.1.2.3/8"]}`},
		{"no peer", past, `{"ports": 443, "from": []}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			detail := fmt.Sprintf(`{"launch": "launch-%d", "group": %q, "expiresAt": %q, "rules": [%s]}`,
				i, sg, test.expires, test.rules)
			previewed := planned(t, "--rules", write(t, describedGroups(sg)), "--event", write(t, detail))
			got := events.Outcome{Status: events.Ensured}
			for _, g := range previewed.Groups {
				got.Authorized = append(got.Authorized, g.Authorize...)
			}
			for _, r := range previewed.Rejected {
				got.Status, got.Reasons = events.Rejected, r.Reasons
			}
			want := ensured(t, detail)
			if got.Status != want.Status {
				t.Errorf("plan has %s, ensure %s", got.Status, want.Status)
			}
			if diff := cmp.Diff(want.Reasons, got.Reasons); want.Status == events.Rejected && diff != "" {
				t.Errorf("reasons (-ensure +plan):\n%s", diff)
			}
			if diff := cmp.Diff(texts(want.Authorized), texts(got.Authorized)); diff != "" {
				t.Errorf("authorized (-ensure +plan):\n%s", diff)
			}
		})
	}
}

func texts(entries []secgroup.Entry) []string {
	var texts []string
	for _, e := range entries {
		texts = append(texts, e.Rule.String())
	}
	return sorted(texts)
}

// ensured returns the outcome of a detail by an installation's function, in an account with an
// empty group.
func ensured(t *testing.T, detail string) events.Outcome {
	t.Helper()
	account := fakeaws.New(fakeaws.Options{})
	account.AddSecurityGroup(fakeaws.SecurityGroup{ID: sg, Name: "shared"})
	clients := embedded.Clients(account)
	if _, err := dynamodb.NewFromConfig(clients).CreateTable(t.Context(), dynamo.Definition("sgkeeper")); err != nil {
		t.Fatal(err)
	}
	config, err := handler.Load([]string{"SGKEEPER_TABLE=sgkeeper", "SGKEEPER_ACCOUNT=" + account.ID()})
	if err != nil {
		t.Fatal(err)
	}
	event := `{"detailType": "Launch Requested", ` + detail[1:]
	answer, err := handler.New(config, clients, io.Discard).Invoke(t.Context(), []byte(event))
	if err != nil {
		t.Fatal(err)
	}
	var result events.Result
	if err := json.Unmarshal(answer, &result); err != nil || len(result.Outcomes) != 1 {
		t.Fatalf("the function answered %s, error %v", answer, err)
	}
	return result.Outcomes[0]
}
