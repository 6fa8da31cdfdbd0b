package fakeaws_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// overSocket returns a client of the account behind a listener on loopback.
func overSocket(t *testing.T, account *fakeaws.Account) *ec2.Client {
	server := httptest.NewServer(account)
	t.Cleanup(server.Close)
	cfg := config(account)
	cfg.HTTPClient = server.Client()
	cfg.BaseEndpoint = aws.String(server.URL)
	return ec2.NewFromConfig(cfg)
}

func TestLoopback(t *testing.T) {
	account, _ := newAccount(fakeaws.Options{})
	client := overSocket(t, account)
	_, err := authorize(t, client, permission("tcp", 1, 1, "0.0.0.0/0"))
	must(t, err)
	if got := len(describe(t, client, web)); got != 1 {
		t.Errorf("%d rules, want 1", got)
	}
	_, err = authorize(t, client, permission("tcp", 1, 1, "0.0.0.0/0"))
	wantCode(t, "again", err, "InvalidPermission.Duplicate")
}

func TestLoopbackReplyLost(t *testing.T) {
	account, _ := newAccount(fakeaws.Options{})
	client := overSocket(t, account)
	account.Inject(func(op fakeaws.Op) (bool, error) { return true, errors.New("gone") })
	_, err := client.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: aws.String(web), IpPermissions: perms(permission("tcp", 1, 1, "0.0.0.0/0")),
	}, func(o *ec2.Options) { o.RetryMaxAttempts = 1 })
	if !errors.Is(err, io.EOF) {
		t.Errorf("err = %v, want EOF", err)
	}
	if got := len(account.Rules(web)); got != 1 {
		t.Errorf("%d rules, want 1: it was applied", got)
	}
}

func TestCallerIdentity(t *testing.T) {
	account := fakeaws.New(fakeaws.Options{ID: "444455556666"})
	out, err := sts.NewFromConfig(config(account)).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	must(t, err)
	if *out.Account != "444455556666" || account.Calls().Op("sts", "GetCallerIdentity") != 1 {
		t.Errorf("identity = %v, calls = %v", *out.Account, account.Calls())
	}
}

func TestUnsupported(t *testing.T) {
	account := fakeaws.New(fakeaws.Options{})
	cfg := config(account)
	_, err := ec2.NewFromConfig(cfg).DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
	wantCode(t, "an operation of EC2", err, "InvalidAction")
	if !strings.Contains(message(err), "DescribeVpcs") {
		t.Errorf("message = %q, want it to name the operation", message(err))
	}
	_, err = sts.NewFromConfig(cfg).GetSessionToken(t.Context(), &sts.GetSessionTokenInput{})
	wantCode(t, "an operation of STS", err, "InvalidAction")

	for _, target := range []string{"TrentService.Decrypt", ""} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://ssm.us-east-1.amazonaws.com/",
			strings.NewReader("{}"))
		must(t, err)
		r.Header.Set("X-Amz-Target", target)
		resp, err := account.Do(r)
		must(t, err)
		body, err := io.ReadAll(resp.Body)
		must(t, err)
		if resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), "does not have") {
			t.Errorf("target %q: %s %s", target, resp.Status, body)
		}
	}
}

func TestRequestIDs(t *testing.T) {
	account, _ := newAccount(fakeaws.Options{})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		"http://localhost/?Action=DescribeSecurityGroups&Version=2016-11-15", nil)
	must(t, err)
	resp, err := account.Do(r)
	must(t, err)
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	id := resp.Header.Get("X-Amzn-Requestid")
	if len(id) != 36 || !strings.Contains(string(body), "<requestId>"+id+"</requestId>") {
		t.Errorf("id %q is not in %s", id, body)
	}
	if !strings.Contains(string(body),
		`<DescribeSecurityGroupsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">`) {
		t.Errorf("body = %s", body)
	}
}
