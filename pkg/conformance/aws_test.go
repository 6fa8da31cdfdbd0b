package conformance_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// config returns the configuration of a client for the engine. It retries nothing, because the
// tests compare first answers.
func (e *engine) config(t *testing.T) aws.Config {
	t.Helper()
	c := aws.Config{
		Region:      "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
	}
	if e == embedded {
		c.HTTPClient = fakeaws.New(fakeaws.Options{})
		return c
	}
	url := e.start(t)
	c.BaseEndpoint, c.HTTPClient = &url, sockets{awshttp.NewBuildableClient()}
	return c
}

// sockets sends copies of requests, because the SDK may close a body before it is sent: see
// link in package dynamo's tests.
type sockets struct{ aws.HTTPClient }

// Do implements aws.HTTPClient.
func (s sockets) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	whole := r.Clone(r.Context())
	whole.Body = io.NopCloser(bytes.NewReader(body))
	return s.HTTPClient.Do(whole)
}

// codeOf returns the code of an AWS error, or "OK".
func codeOf(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	if reply, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		return fmt.Sprint("no AWS error, status ", reply.HTTPStatusCode())
	}
	if err != nil {
		return "no answer: " + err.Error()
	}
	return "OK"
}
