// Package transport works around a fault of the SDK's HTTP transport.
//
// The SDK closes a request's body as soon as the response begins (smithy-go v1.28.8,
// transport/http). From then on, the body's WriteTo returns [io.EOF], although WriteTo must
// return nil at the end. If net/http is still looking for the end of the body, it takes that for
// a failed write, and closes the connection while the response is read. The call then fails
// with "use of closed network connection" although AWS has applied it.
package transport

import (
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// Repair returns the configuration with an HTTP client that reads a body without its WriteTo.
func Repair(c aws.Config) aws.Config {
	if c.HTTPClient == nil {
		c.HTTPClient = awshttp.NewBuildableClient()
	}
	c.HTTPClient = client{c.HTTPClient}
	return c
}

type client struct{ aws.HTTPClient }

func (c client) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return c.HTTPClient.Do(r)
}
