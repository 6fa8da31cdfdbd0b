package fakeaws

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// A function is invoked by its name, or by an ARN that ends in the name. Only the invocation
// type RequestResponse is supported: the reply is the function's result (Lambda API reference,
// Invoke).

// function returns the result for a payload.
type function func(ctx context.Context, payload []byte) ([]byte, error)

// AddFunction gives the account a Lambda function. If invoke returns an error, the call
// succeeds and reports a failed function, as Lambda does.
func (a *Account) AddFunction(name string, invoke func(ctx context.Context, payload []byte) ([]byte, error)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.functions[name] = invoke
}

func (a *Account) function(name string) function {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.functions[plainName(name)]
}

// plainName returns the name of a function, given by its name or its ARN.
func plainName(function string) string {
	if _, name, isARN := strings.Cut(function, ":function:"); isARN {
		return name
	}
	return function
}

// The path of Invoke, before and after the function's name.
const (
	functionsPath  = "/2015-03-31/functions/"
	invocationPath = "/invocations"
)

// invocation reads an Invoke from a request's path.
func invocation(r *http.Request, body []byte) (Op, bool) {
	name, found := strings.CutPrefix(r.URL.Path, functionsPath)
	name, invokes := strings.CutSuffix(name, invocationPath)
	form := url.Values{"FunctionName": {name}, "InvocationType": {r.Header.Get("X-Amz-Invocation-Type")}}
	return Op{Service: "lambda", Name: "InvokeFunction", Form: form, Body: body}, found && invokes &&
		r.Method == http.MethodPost
}

func (a *Account) callLambda(ctx context.Context, op Op, _ string) ([]byte, error) {
	if op.Name != "InvokeFunction" {
		return a.callMappings(op)
	}
	if kind := op.Form.Get("InvocationType"); kind != "" && kind != "RequestResponse" {
		return nil, &Error{Code: "InvalidParameterValueException",
			Message: "the embedded account's Lambda does not have the invocation type " + kind}
	}
	invoke := a.function(op.Form.Get("FunctionName"))
	if invoke == nil {
		return nil, &Error{Code: "ResourceNotFoundException",
			Message: "Function not found: " + op.Form.Get("FunctionName"), Status: http.StatusNotFound}
	}
	if a.throttled(op.Form.Get("FunctionName")) {
		return nil, &Error{Code: "TooManyRequestsException", Message: "Rate Exceeded.",
			Status: http.StatusTooManyRequests}
	}
	out, err := invoke(ctx, op.Body)
	if err != nil {
		return nil, &Error{Code: functionFailed, Message: err.Error(), Status: http.StatusOK}
	}
	return out, nil
}

// functionFailed is the code of a function's error. The call itself succeeds.
const functionFailed = "Unhandled"

// lambdaWire is the Lambda REST protocol.
type lambdaWire struct{}

func (lambdaWire) answer(_ Op, id string, out []byte, err error) (answer, error) {
	a := answer{http.StatusOK, http.Header{}, out}
	a.header.Set("Content-Type", "application/json")
	a.header.Set("X-Amzn-Requestid", id)
	if err == nil {
		return a, nil
	}
	e, ok := asError(err)
	if !ok {
		return answer{}, err
	}
	a.status = e.HTTPStatus()
	body := map[string]string{"Type": "User", "Message": e.Message}
	if e.Code == functionFailed {
		a.header.Set("X-Amz-Function-Error", functionFailed)
		body = map[string]string{"errorType": "errorString", "errorMessage": e.Message}
	} else {
		a.header.Set("X-Amzn-Errortype", e.Code)
	}
	a.body, err = json.Marshal(body)
	return a, err
}
