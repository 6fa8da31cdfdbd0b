package eventbridge_test

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
	client "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/smithy-go"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/eventbridge"
)

const (
	account = "123456789012"
	region  = "eu-central-1"
	queues  = "arn:aws:sqs:eu-central-1:123456789012:"
)

// transport sends the SDK's requests to a Service, without a socket.
type transport struct{ service *eventbridge.Service }

func (t transport) Do(r *http.Request) (*http.Response, error) {
	op, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AWSEvents.")
	if !ok {
		return nil, fmt.Errorf("target %q", r.Header.Get("X-Amz-Target"))
	}
	input, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	output, err := t.service.Call(op, input)
	status := http.StatusOK
	if refusal, ok := errors.AsType[*api.Error](err); ok {
		status = refusal.HTTPStatus()
		output, err = json.Marshal(map[string]string{"__type": refusal.Code, "message": refusal.Message})
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(output))}, err
}

// fixture is a Service, its SDK client, and the events that it sent.
type fixture struct {
	*client.Client
	service *eventbridge.Service
	sent    map[string][]string // by the queue's name
}

// setup returns a Service. Its queue named "broken" accepts nothing.
func setup() fixture {
	f := fixture{sent: make(map[string][]string)}
	f.service = eventbridge.New(account, region, 0, func(arn, body string) error {
		name := strings.TrimPrefix(arn, queues)
		if name == "broken" {
			return errors.New("no such queue")
		}
		f.sent[name] = append(f.sent[name], body)
		return nil
	})
	f.Client = connect(f.service)
	return f
}

func connect(service *eventbridge.Service) *client.Client {
	return client.New(client.Options{
		Region:     region,
		HTTPClient: transport{service},
		Retryer:    aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, nil
		}),
	})
}

// rule puts a rule with one target on a bus.
func (f fixture) rule(t *testing.T, bus, name, pattern string, targets ...types.Target) {
	t.Helper()
	_, err := f.PutRule(t.Context(), &client.PutRuleInput{Name: &name, EventBusName: &bus, EventPattern: &pattern})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.PutTargets(t.Context(), &client.PutTargetsInput{Rule: &name, EventBusName: &bus,
		Targets: targets}); err != nil {
		t.Fatal(err)
	}
}

func target(id, queue string) types.Target {
	return types.Target{Id: &id, Arn: aws.String(queues + queue)}
}

func entry(source, detailType, detail string) types.PutEventsRequestEntry {
	return types.PutEventsRequestEntry{Source: &source, DetailType: &detailType, Detail: &detail}
}

func (f fixture) put(t *testing.T, entries ...types.PutEventsRequestEntry) *client.PutEventsOutput {
	t.Helper()
	out, err := f.PutEvents(t.Context(), &client.PutEventsInput{Entries: entries})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Entries) != len(entries) {
		t.Fatalf("%d results for %d entries", len(out.Entries), len(entries))
	}
	return out
}

// wantCode checks the code and the text of an error, as the SDK decodes them.
func wantCode(t *testing.T, err error, code, text string) {
	t.Helper()
	e, ok := errors.AsType[smithy.APIError](err)
	if !ok || e.ErrorCode() != code || !strings.Contains(e.ErrorMessage(), text) {
		t.Errorf("error = %v, want %s with %q", err, code, text)
	}
}
