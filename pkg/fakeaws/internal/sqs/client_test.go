package sqs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/sqs"
)

const (
	account = "123456789012"
	region  = "eu-central-1"
	arnJobs = "arn:aws:sqs:eu-central-1:123456789012:jobs"
	arnDead = "arn:aws:sqs:eu-central-1:123456789012:dead"
)

// transport sends the SDK's requests to a Service, without a socket.
type transport struct{ service *sqs.Service }

func (t transport) Do(r *http.Request) (*http.Response, error) {
	op, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.")
	if !ok {
		return nil, fmt.Errorf("target %q", r.Header.Get("X-Amz-Target"))
	}
	input, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	output, err := t.service.CallContext(r.Context(), op, input)
	if refusal, ok := errors.AsType[*api.Error](err); ok {
		return refuse(refusal), nil
	}
	if err != nil {
		return nil, err
	}
	return respond(http.StatusOK, output), nil
}

func refuse(e *api.Error) *http.Response {
	body, _ := json.Marshal(map[string]string{"__type": "com.amazonaws.sqs#" + e.Code, "message": e.Message})
	r := respond(e.HTTPStatus(), body)
	r.Header.Set("X-Amzn-Query-Error", sqs.QueryError(e.Code))
	return r
}

func respond(status int, body []byte) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body))}
}

// fixture is a Service, its SDK client, and a queue named jobs.
type fixture struct {
	*client.Client
	service *sqs.Service
	jobs    *string // its URL
}

func setup(t *testing.T, attributes map[string]string) fixture {
	t.Helper()
	service := sqs.New(account, region)
	f := fixture{service: service, Client: client.New(client.Options{
		Region:     region,
		HTTPClient: transport{service},
		Retryer:    aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, nil
		}),
	})}
	f.jobs = f.queue(t, "jobs", attributes)
	return f
}

func (f fixture) queue(t *testing.T, name string, attributes map[string]string) *string {
	t.Helper()
	out, err := f.CreateQueue(t.Context(), &client.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	return out.QueueUrl
}

func (f fixture) send(t *testing.T, bodies ...string) {
	t.Helper()
	for _, b := range bodies {
		if _, err := f.SendMessage(t.Context(), &client.SendMessageInput{QueueUrl: f.jobs,
			MessageBody: &b}); err != nil {
			t.Fatal(err)
		}
	}
}

// bodies receives at most ten messages and returns their bodies.
func (f fixture) bodies(t *testing.T, url *string) []string {
	t.Helper()
	out, err := f.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range out.Messages {
		got = append(got, *m.Body)
	}
	return got
}

func (f fixture) attributes(t *testing.T, url *string) map[string]string {
	t.Helper()
	out, err := f.GetQueueAttributes(t.Context(), &client.GetQueueAttributesInput{QueueUrl: url,
		AttributeNames: []attributeName{"All"}})
	if err != nil {
		t.Fatal(err)
	}
	return out.Attributes
}

// wantCode checks the code and the text of an error, as the SDK decodes them.
func wantCode(t *testing.T, err error, code, text string) {
	t.Helper()
	e, ok := errors.AsType[smithy.APIError](err)
	if !ok || e.ErrorCode() != code || !strings.Contains(e.ErrorMessage(), text) {
		t.Errorf("error = %v, want %s with %q", err, code, text)
	}
}
