package functions_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

const (
	table = "sgkeeper"
	group = "sg-0123456789abcdef0"
)

// serveAccount serves an embedded account with a table and a managed group on loopback. It
// returns the environment of a function that uses the account.
func serveAccount(t testing.TB) (account *fakeaws.Account, environment []string, closeAccount func()) {
	t.Helper()
	account = fakeaws.New(fakeaws.Options{})
	account.AddSecurityGroup(fakeaws.SecurityGroup{ID: group, Tags: map[string]string{"sgkeeper:managed": "true"}})
	clients := aws.Config{Region: account.Region(), Credentials: aws.AnonymousCredentials{}, HTTPClient: account}
	if _, err := dynamodb.NewFromConfig(clients).CreateTable(context.Background(),
		dynamo.Definition(table)); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(account)
	return account, []string{"AWS_REGION=us-east-1", "AWS_ENDPOINT_URL=" + server.URL, "SGKEEPER_TABLE=" + table},
		server.Close
}
