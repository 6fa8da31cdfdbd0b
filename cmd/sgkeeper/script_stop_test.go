package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/rogpeppe/go-internal/testscript"
)

// install NAME...: map the queues of installations to their functions, as the stack does.
func install(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	for _, name := range args {
		for _, m := range []struct {
			queue, function string
			enabled         bool
		}{
			{"events", "ensure:queue", true}, {"asks", "ensure:queue", true}, {"events-dead", "ensure:queue", false},
			{"audits", "audit", true},
		} {
			plain, _, _ := strings.Cut(name+"-"+m.function, ":")
			if plain != "sgkeeper-ensure" { // the script's account has it
				w.AddFunction(plain, func(_ context.Context, payload []byte) ([]byte, error) { return payload, nil })
			}
			where := w.Region() + ":" + w.ID() + ":"
			w.AddEventSourceMapping("arn:aws:sqs:"+where+name+"-"+m.queue,
				"arn:aws:lambda:"+where+"function:"+name+"-"+m.function, m.enabled)
		}
	}
}

// mappings FILE: write the state of each mapping, and each function's reserved concurrency.
func mappings(ts *testscript.TestScript, _ bool, args []string) {
	ctx, client := context.Background(), lambda.NewFromConfig(worldOf(ts).clients())
	list, err := client.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{})
	ts.Check(err)
	var text strings.Builder
	functions := []string{"sgkeeper-ensure", "sgkeeper-audit"}
	for _, m := range list.EventSourceMappings {
		_, queue, _ := strings.Cut(*m.EventSourceArn, worldOf(ts).ID()+":")
		fmt.Fprintln(&text, queue, *m.State)
	}
	for _, name := range functions {
		out, err := client.GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: &name})
		ts.Check(err)
		concurrency := "unreserved"
		if out.ReservedConcurrentExecutions != nil {
			concurrency = fmt.Sprint(aws.ToInt32(out.ReservedConcurrentExecutions))
		}
		fmt.Fprintln(&text, name, concurrency)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text.String()), 0o600))
}

// reserve FUNCTION N: reserve concurrency for a function.
func reserve(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.ParseInt(args[1], 10, 32)
	ts.Check(err)
	in := &lambda.PutFunctionConcurrencyInput{FunctionName: &args[0], ReservedConcurrentExecutions: aws.Int32(int32(n))}
	_, err = lambda.NewFromConfig(worldOf(ts).clients()).PutFunctionConcurrency(context.Background(), in)
	ts.Check(err)
}
