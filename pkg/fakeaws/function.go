package fakeaws

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// A function is invoked by its name, or by an ARN that ends in the name. An alias follows the
// name, or is the parameter Qualifier. Only the invocation type RequestResponse is supported: the
// reply is the function's result (Lambda API reference, Invoke).

// function returns the result for a payload.
type function func(ctx context.Context, payload []byte) ([]byte, error)

// AddFunction gives the account a Lambda function or, for a name such as "echo:live", the alias
// of one. If invoke returns an error, the call succeeds and reports a failed function, as Lambda
// does.
func (a *Account) AddFunction(name string, invoke func(ctx context.Context, payload []byte) ([]byte, error)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.functions[name] = invoke
}

// function returns the function of a name and its alias; nil if there is none.
func (a *Account) function(name, alias string) function {
	a.mu.Lock()
	defer a.mu.Unlock()
	if alias == "" || alias == "$LATEST" {
		return a.functions[name]
	}
	return a.functions[name+":"+alias]
}

// named returns the name and the alias of a function, given by its name or its ARN; the alias
// is "" without one.
func named(function string) (name, alias string) {
	if _, after, isARN := strings.Cut(function, ":function:"); isARN {
		function = after
	}
	name, alias, _ = strings.Cut(function, ":")
	return name, alias
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
	form := url.Values{
		"FunctionName": {name}, "Qualifier": {r.URL.Query().Get("Qualifier")},
		"InvocationType": {r.Header.Get("X-Amz-Invocation-Type")},
	}
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
	name, alias := named(op.Form.Get("FunctionName"))
	switch qualifier := op.Form.Get("Qualifier"); {
	case alias == "":
		alias = qualifier
	case qualifier != "" && qualifier != alias:
		return nil, &Error{Code: "InvalidParameterValueException",
			Message: "The derived qualifier from the function name does not match the specified qualifier."}
	}
	invoke := a.function(name, alias)
	if invoke == nil {
		return nil, &Error{Code: "ResourceNotFoundException",
			Message: "Function not found: " + a.functionARN(name, alias), Status: http.StatusNotFound}
	}
	if a.throttled(name) {
		return nil, &Error{Code: "TooManyRequestsException", Message: "Rate Exceeded.",
			Status: http.StatusTooManyRequests}
	}
	out, err := invoke(ctx, op.Body)
	if err != nil {
		return nil, &Error{Code: functionFailed, Message: err.Error(), Status: http.StatusOK}
	}
	return out, nil
}

func (a *Account) functionARN(name, alias string) string {
	arn := "arn:aws:lambda:" + a.Region() + ":" + a.ID() + ":function:" + name
	if alias != "" {
		arn += ":" + alias
	}
	return arn
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
