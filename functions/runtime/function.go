// Package runtime holds the parts that the Lambda functions share. These are settings from
// the environment, a log and metrics as lines of JSON, the function's account, and the partial
// response for a batch of messages.
package runtime

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Account returns the function's account, as configured or from the function's own ARN. It fails
// if neither is known.
func Account(ctx context.Context, configured string) (string, error) {
	if configured != "" {
		return configured, nil
	}
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		if function, err := arn.Parse(lc.InvokedFunctionArn); err == nil && secgroup.IsAccount(function.AccountID) {
			return function.AccountID, nil
		}
	}
	return "", fmt.Errorf("the function's account is not known: set %sACCOUNT, or invoke it as a Lambda function",
		Prefix)
}

// Qualifier returns the alias or version by which Lambda invoked a function, from the
// function's ARN; "" if it was invoked without one.
func Qualifier(ctx context.Context) string {
	lc, ok := lambdacontext.FromContext(ctx)
	if !ok {
		return ""
	}
	invoked, err := arn.Parse(lc.InvokedFunctionArn)
	if err != nil {
		return ""
	}
	_, function, _ := strings.Cut(invoked.Resource, "function:")
	_, qualifier, _ := strings.Cut(function, ":")
	return qualifier
}

// Invoked returns the context of an invocation of the function with that ARN: for programs
// that run a function as Lambda does.
func Invoked(ctx context.Context, functionARN string) context.Context {
	return lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{InvokedFunctionArn: functionARN})
}

// Failures is Lambda's partial batch response. It lists the messages that must come again. An
// empty list means that all succeeded.
type Failures struct {
	Items []Failure `json:"batchItemFailures"`
}

// Failure names a message that must come again.
type Failure struct {
	ID string `json:"itemIdentifier"`
}

// NewFailures returns the response for messages that must come again.
func NewFailures(ids ...string) Failures {
	f := Failures{Items: []Failure{}}
	for _, id := range ids {
		f.Items = append(f.Items, Failure{id})
	}
	return f
}

// LimitMemory sets the garbage collector's limit to 80 % of the function's memory, because
// Lambda ends a function that needs more than it has. GOMEMLIMIT takes precedence if it is
// set.
func LimitMemory() {
	mb, err := strconv.Atoi(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"))
	if err != nil || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetMemoryLimit(int64(mb) << 20 * 8 / 10) // the program itself needs the rest
}
