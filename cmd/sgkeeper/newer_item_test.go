package main

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestWallNewerItem: one group has an item of a newer schema. Commands that list all groups
// show the others, and name the item on standard error.
func TestWallNewerItem(t *testing.T) {
	for _, row := range []struct{ command, sk string }{
		{"claims", "R#111122223333#future#0"},
		{"leases", "HEAD"},
	} {
		t.Run(row.command, func(t *testing.T) {
			const good, bad = "sg-00000000000000001", "sg-00000000000000002"
			account := fakeaws.New(fakeaws.Options{})
			client := dynamodb.NewFromConfig(embedded.Clients(account))
			if _, err := client.CreateTable(t.Context(), dynamo.Definition("sgkeeper")); err != nil {
				t.Fatal(err)
			}
			openPort(t, account, good)
			pk := "SG#" + account.ID() + "#us-east-1#" + bad
			newer := map[string]types.AttributeValue{
				"pk": &types.AttributeValueMemberS{Value: pk},
				"sk": &types.AttributeValueMemberS{Value: row.sk},
				"v":  &types.AttributeValueMemberN{Value: "1000"},
			}
			in := &dynamodb.PutItemInput{TableName: aws.String("sgkeeper"), Item: newer}
			if _, err := client.PutItem(t.Context(), in); err != nil {
				t.Fatal(err)
			}
			stdout, stderr, err := runOn(t, account, row.command, "--table", "sgkeeper")
			t.Logf("%s: %v; it shows the other group: %v", row.command, err, strings.Contains(stdout, good))
			if !strings.Contains(stdout, good) {
				t.Errorf("%s prints %q, want the group that can be read", row.command, stdout)
			}
			if !strings.Contains(stderr+fmt.Sprint(err), bad) {
				t.Errorf("%s says %q, %v, want the item named", row.command, stderr, err)
			}
		})
	}
}

// openPort opens a port on a group by the function.
func openPort(t *testing.T, account *fakeaws.Account, group string) {
	t.Helper()
	account.AddSecurityGroup(fakeaws.SecurityGroup{ID: group})
	config, err := handler.Load([]string{"SGKEEPER_TABLE=sgkeeper", "SGKEEPER_ACCOUNT=" + account.ID()})
	if err != nil {
		t.Fatal(err)
	}
	event := `{"detailType":"Launch Requested","launch":"a","group":"` + group +
		`","rules":[{"ports":8000,"from":["10.0.0.0/8"]}]}`
	h := handler.New(config, embedded.Clients(account), io.Discard)
	if _, err := h.Invoke(context.Background(), []byte(event)); err != nil {
		t.Fatal(err)
	}
}

// runOn runs a command against an account.
func runOn(t *testing.T, account *fakeaws.Account, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	server := httptest.NewServer(account)
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	t.Setenv("AWS_REGION", account.Region())
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
	var out, problems strings.Builder
	cmd := newRoot()
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(&problems)
	err = cmd.ExecuteContext(t.Context())
	return out.String(), problems.String(), err
}
