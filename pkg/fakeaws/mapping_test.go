package fakeaws_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestMapping: a mapping changes for a while, and refuses another change meanwhile.
func TestMapping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := fakeaws.New(fakeaws.Options{})
		client := lambda.NewFromConfig(config(account))
		id := account.AddEventSourceMapping("arn:aws:sqs:us-east-1:111122223333:jobs",
			"arn:aws:lambda:us-east-1:111122223333:function:echo", true)
		state := func() string {
			t.Helper()
			out, err := client.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{})
			must(t, err)
			if len(out.EventSourceMappings) != 1 || *out.EventSourceMappings[0].UUID != id {
				t.Fatalf("mappings %v", out.EventSourceMappings)
			}
			return *out.EventSourceMappings[0].State
		}
		enable := func(on bool) error {
			_, err := client.UpdateEventSourceMapping(t.Context(),
				&lambda.UpdateEventSourceMappingInput{UUID: &id, Enabled: &on})
			return err
		}
		if got := state(); got != "Enabled" {
			t.Errorf("a new mapping is %s", got)
		}
		must(t, enable(false))
		wantCode(t, "a change during a change", enable(true), "ResourceInUseException")
		if got := state(); got != "Disabling" {
			t.Errorf("a mapping is %s at once", got)
		}
		time.Sleep(time.Second)
		if got := state(); got != "Disabled" {
			t.Errorf("a mapping is %s after a second", got)
		}
		id = "other"
		wantCode(t, "a mapping that does not exist", enable(true), "ResourceNotFoundException")
	})
}

// TestConcurrency: a function whose reserved concurrency is 0 refuses invocations.
func TestConcurrency(t *testing.T) {
	account := fakeaws.New(fakeaws.Options{})
	client := lambda.NewFromConfig(config(account), func(o *lambda.Options) { o.RetryMaxAttempts = 1 })
	name := aws.String("echo")
	put := func() error {
		_, err := client.PutFunctionConcurrency(t.Context(),
			&lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(0)})
		return err
	}
	invoke := func() error {
		_, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name})
		return err
	}
	wantCode(t, "a function that does not exist", put(), "ResourceNotFoundException")
	account.AddFunction(*name, func(_ context.Context, payload []byte) ([]byte, error) { return payload, nil })
	must(t, put())
	wantCode(t, "no concurrency", invoke(), "TooManyRequestsException")
	out, err := client.GetFunctionConcurrency(t.Context(), &lambda.GetFunctionConcurrencyInput{FunctionName: name})
	must(t, err)
	if got := out.ReservedConcurrentExecutions; got == nil || *got != 0 {
		t.Errorf("reserved %v, want 0", got)
	}
	_, err = client.DeleteFunctionConcurrency(t.Context(), &lambda.DeleteFunctionConcurrencyInput{FunctionName: name})
	must(t, err)
	must(t, invoke())
}
