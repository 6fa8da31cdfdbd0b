package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// TestLoopbackOnly tries the requests of clients and of web pages.
func TestLoopbackOnly(t *testing.T) {
	for _, test := range []struct {
		name                string
		host, origin, fetch string
		want                int
	}{
		{"an SDK", "127.0.0.1:4599", "", "", http.StatusOK},
		{"an SDK by name", "localhost:4599", "", "", http.StatusOK},
		{"upper case", "LocalHost:4599", "", "", http.StatusOK},
		{"another loopback address", "127.8.9.1:4599", "", "", http.StatusOK},
		{"IPv6", "[::1]:4599", "", "", http.StatusOK},
		{"a bucket in the host", "bucket.localhost:4599", "", "", http.StatusOK},
		{"a bucket in a host like S3's", "bucket.s3.localhost:4599", "", "", http.StatusOK},
		{"a page on this machine", "localhost:4599", "http://localhost:3000", "same-site", http.StatusOK},
		{"a page on this machine, by address", "localhost:4599", "http://127.0.0.1:3000", "cross-site", http.StatusOK},
		{"a page on this machine, IPv6, TLS", "localhost:4599", "https://[::1]", "cross-site", http.StatusOK},
		{"an address typed in a browser", "localhost:4599", "", "none", http.StatusOK},

		{"DNS rebinding", "evil.example:4599", "", "", http.StatusForbidden},
		{"DNS rebinding, same origin", "evil.example:4599", "http://evil.example:4599", "same-origin",
			http.StatusForbidden},
		{"a name that begins like a loopback address", "127.0.0.1.evil.example:4599", "", "", http.StatusForbidden},
		{"a name that ends like localhost", "notlocalhost:4599", "", "", http.StatusForbidden},
		{"localhost as a part", "localhost.evil.example:4599", "", "", http.StatusForbidden},
		{"another address", "192.168.0.7:4599", "", "", http.StatusForbidden},
		{"any address", "0.0.0.0:4599", "", "", http.StatusForbidden},
		{"another port", "localhost:8080", "", "", http.StatusForbidden},
		{"no port", "localhost", "", "", http.StatusForbidden},
		{"no host", "", "", "", http.StatusForbidden},
		{"a foreign page", "localhost:4599", "https://evil.example", "cross-site", http.StatusForbidden},
		{"a foreign page in an old browser", "localhost:4599", "https://evil.example", "", http.StatusForbidden},
		{"a page named like localhost", "localhost:4599", "http://localhost.evil.example", "", http.StatusForbidden},
		{"a sandboxed page", "localhost:4599", "null", "cross-site", http.StatusForbidden},
		{"no origin at all", "localhost:4599", "localhost", "", http.StatusForbidden},
		{"an image of a foreign page", "localhost:4599", "", "cross-site", http.StatusForbidden},
	} {
		served := false
		guarded := loopbackOnly("4599", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served = true }))
		got := visit(t, guarded, test.host, test.origin, test.fetch)
		if got.StatusCode != test.want || served != (test.want == http.StatusOK) {
			t.Errorf("%s: status %d, served %v, want %d", test.name, got.StatusCode, served, test.want)
		}
	}
}

// visit sends a request with the headers that show its origin.
func visit(t *testing.T, h http.Handler, host, origin, fetch string) *http.Response {
	t.Helper()
	request := httptest.NewRequest(http.MethodGet, "/?Action=DescribeSecurityGroups", nil)
	request.Host = host
	for name, value := range map[string]string{"Origin": origin, "Sec-Fetch-Site": fetch} {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, request)
	return answer.Result()
}

// TestLocalRefusesWebPages: `sgkeeper local` refuses a page, with a reason. It serves the SDK
// under both of its names.
func TestLocalRefusesWebPages(t *testing.T) {
	info := startLocal(t)
	endpoint, err := url.Parse(info.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost"} {
		clients := info.clients()
		clients.BaseEndpoint = aws.String("http://" + net.JoinHostPort(host, endpoint.Port()))
		client := ec2.NewFromConfig(clients)
		if _, err := client.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{}); err != nil {
			t.Errorf("the SDK at %s: %v", host, err)
		}
	}
	for _, headers := range []struct{ host, origin, want string }{
		{"evil.example:" + endpoint.Port(), "", `Host "evil.example:` + endpoint.Port() + `"`},
		{endpoint.Host, "http://evil.example", `Origin "http://evil.example"`},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, info.Endpoint,
			strings.NewReader("Action=AuthorizeSecurityGroupIngress&GroupId="+info.Group))
		if err != nil {
			t.Fatal(err)
		}
		request.Host = headers.host
		if headers.origin != "" {
			request.Header.Set("Origin", headers.origin)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusForbidden || !strings.Contains(string(text), headers.want) {
			t.Errorf("host %s, origin %s: status %d, %q, %v, want 403 and %q",
				headers.host, headers.origin, answer.StatusCode, text, err, headers.want)
		}
	}
}

func TestIsLoopbackHost(t *testing.T) {
	for _, test := range []struct {
		host, port string
		want       bool
	}{
		{"localhost", "80", true},
		{"[::1]", "80", true},
		{"127.0.0.1:80", "80", true},
		{"localhost", "4599", false},
		{"localhost:4599", "80", false},
		{"::1", "80", false},
		{"evil.example", "80", false},
		{"", "80", false},
	} {
		if got := isLoopbackHost(test.host, test.port); got != test.want {
			t.Errorf("isLoopbackHost(%q, %s) = %v, want %v", test.host, test.port, got, test.want)
		}
	}
}
