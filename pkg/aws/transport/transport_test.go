package transport_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/sgkeeper/sgkeeper/pkg/aws/transport"
)

// slow is an HTTP client that looks for the end of a body after the SDK has closed it, as
// net/http may do on a busy machine.
type slow struct{ err error }

func (s *slow) Do(r *http.Request) (*http.Response, error) {
	if _, err := io.CopyN(io.Discard, r.Body, r.ContentLength); err != nil {
		return nil, err
	}
	r.Body.Close()
	_, s.err = io.Copy(io.Discard, r.Body)
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("{}"))}, nil
}

// TestRepair: the end of a closed body is no error. Without Repair it is, which is the fault.
func TestRepair(t *testing.T) {
	for _, repaired := range []bool{false, true} {
		s := &slow{}
		c := aws.Config{Region: "us-east-1", HTTPClient: s, Credentials: aws.AnonymousCredentials{}}
		if repaired {
			c = transport.Repair(c)
		}
		if _, err := dynamodb.NewFromConfig(c).ListTables(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if (s.err == nil) != repaired {
			t.Errorf("repaired %v: the end of the body gives the error %v; if the SDK is repaired, delete this package",
				repaired, s.err)
		}
	}
}
