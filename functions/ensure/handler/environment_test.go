package handler_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestSDKVariables: the SDK's variables set the endpoint of all services, or of one service.
func TestSDKVariables(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
	for name, services := range map[string][]string{
		"AWS_ENDPOINT_URL":     {"ec2", "dynamodb", "events"},
		"AWS_ENDPOINT_URL_EC2": {"ec2"},
	} {
		t.Run(name, func(t *testing.T) {
			everything, special := serveAccount(t), serveAccount(t)
			t.Setenv("AWS_ENDPOINT_URL", everything.url)
			t.Setenv(name, special.url)
			invokeByEnvironment(t)
			for _, service := range []string{"ec2", "dynamodb", "events"} {
				want := 0
				for _, s := range services {
					if s == service {
						want = 1
					}
				}
				if got := special.account.Calls().Of(service); (got > 0) != (want > 0) {
					t.Errorf("%d calls of %s at %s, want some: %v", got, service, name, want > 0)
				}
				if got := everything.account.Calls().Of(service); (got > 0) == (want > 0) {
					t.Errorf("%d calls of %s at the other endpoint", got, service)
				}
			}
		})
	}
}

type endpoint struct {
	account *fakeaws.Account
	url     string
}

func serveAccount(t *testing.T) endpoint {
	a := fakeaws.New(fakeaws.Options{Region: "eu-west-1"})
	a.AddSecurityGroup(fakeaws.SecurityGroup{ID: group})
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	return endpoint{a, server.URL}
}

func invokeByEnvironment(t *testing.T) {
	t.Helper()
	clients, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dynamodb.NewFromConfig(clients).CreateTable(t.Context(), dynamo.Definition(table)); err != nil {
		t.Fatal(err)
	}
	c, err := handler.Load([]string{"SGKEEPER_TABLE=" + table, "SGKEEPER_BUS=launches",
		"SGKEEPER_ACCOUNT=111122223333"})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := handler.New(c, clients, &testLog{}).Invoke(lambda(t), []byte(bare("a", 8000)))
	if err != nil || !strings.Contains(string(reply), `"ensured"`) ||
		!strings.Contains(string(reply), `"region":"eu-west-1"`) {
		t.Errorf("answer %s, %v; want it ensured in eu-west-1", reply, err)
	}
}
