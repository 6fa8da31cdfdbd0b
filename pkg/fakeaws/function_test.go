package fakeaws_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func TestFunction(t *testing.T) {
	account := fakeaws.New(fakeaws.Options{})
	client := lambda.NewFromConfig(config(account))
	invoke := func(name string, kind types.InvocationType) (*lambda.InvokeOutput, error) {
		return client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &name, InvocationType: kind,
			Payload: []byte(`{"a": 1}`)})
	}
	_, err := invoke("echo", "")
	wantCode(t, "an unknown function", err, "ResourceNotFoundException")

	account.AddFunction("echo", func(_ context.Context, payload []byte) ([]byte, error) { return payload, nil })
	for _, name := range []string{"echo", "arn:aws:lambda:us-east-1:111122223333:function:echo"} {
		out, err := invoke(name, "")
		must(t, err)
		if string(out.Payload) != `{"a": 1}` || out.StatusCode != 200 || out.FunctionError != nil {
			t.Errorf("%s answers %d %s, error %s", name, out.StatusCode, out.Payload, aws.ToString(out.FunctionError))
		}
	}
	_, err = invoke("echo", types.InvocationTypeEvent)
	wantCode(t, "an asynchronous invocation", err, "InvalidParameterValueException")

	account.AddFunction("echo:twice", func(_ context.Context, payload []byte) ([]byte,
		error) {
		return append(payload, payload...), nil
	})
	for _, in := range []lambda.InvokeInput{
		{FunctionName: aws.String("echo:twice")},
		{FunctionName: aws.String("echo"), Qualifier: aws.String("twice")},
		{FunctionName: aws.String("arn:aws:lambda:us-east-1:111122223333:function:echo:twice"),
			Qualifier: aws.String("twice")},
	} {
		in.Payload = []byte("1")
		out, err := client.Invoke(t.Context(), &in)
		must(t, err)
		if string(out.Payload) != "11" {
			t.Errorf("the alias answers %s", out.Payload)
		}
	}
	_, err = client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("echo:twice"),
		Qualifier: aws.String("once")})
	wantCode(t, "two aliases", err, "InvalidParameterValueException")
	_, err = invoke("echo:once", "")
	wantCode(t, "an unknown alias", err, "ResourceNotFoundException")

	account.AddFunction("fails", func(context.Context, []byte) ([]byte, error) {
		return nil,
			errors.New("broken")
	})
	out, err := invoke("fails", types.InvocationTypeRequestResponse)
	must(t, err)
	if aws.ToString(out.FunctionError) != "Unhandled" ||
		string(out.Payload) != `{"errorMessage":"broken","errorType":"errorString"}` {
		t.Errorf("a function that fails answers %s, error %s", out.Payload, aws.ToString(out.FunctionError))
	}
	account.Deny("lambda:InvokeFunction")
	_, err = invoke("echo", "")
	wantCode(t, "denied", err, "AccessDeniedException")
	if got := account.Calls().Op("lambda", "InvokeFunction"); got != 11 {
		t.Errorf("%d calls, want 11", got)
	}
}
