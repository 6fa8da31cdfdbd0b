package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// States of an event source mapping that are not transitions (Lambda API reference,
// EventSourceMappingConfiguration).
const (
	lambdaEnabled  = "Enabled"
	lambdaDisabled = "Disabled"
)

// installationFunctions are the functions of an installation.
type installationFunctions struct {
	client *lambda.Client
	prefix string // the installation's name
	names  []string
}

// stop disables the mappings before it sets the functions' concurrency to 0. An enabled mapping
// would receive messages that such a function refuses, and they would become dead letters.
func (f installationFunctions) stop(ctx context.Context) (done switched, err error) {
	done = switched{Name: f.prefix, Stopped: true, Functions: f.names}
	all := func(lambdatypes.EventSourceMappingConfiguration) bool { return true }
	if done.Queues, err = f.turn(ctx, lambdaDisabled, all); err != nil {
		return done, err
	}
	for _, name := range f.names {
		reserved, err := f.reserved(ctx, name)
		if err != nil {
			return done, err
		}
		if reserved != nil && *reserved > 0 {
			done.notes = append(done.notes,
				fmt.Sprintf("%s had a reserved concurrency of %d: set it again after sgkeeper start",
					name, *reserved))
		}
		in := &lambda.PutFunctionConcurrencyInput{FunctionName: &name, ReservedConcurrentExecutions: aws.Int32(0)}
		if _, err := f.client.PutFunctionConcurrency(ctx, in); err != nil {
			return done, err
		}
	}
	return done, nil
}

// start returns a concurrency of 0 to the account, and enables the mappings of all queues but
// those of dead letters.
func (f installationFunctions) start(ctx context.Context) (done switched, err error) {
	done = switched{Name: f.prefix, Functions: f.names}
	alive := func(m lambdatypes.EventSourceMappingConfiguration) bool {
		return !strings.HasSuffix(aws.ToString(m.EventSourceArn), "-dead")
	}
	if _, err := f.mappings(ctx, alive); err != nil {
		return done, err
	}
	for _, name := range f.names {
		reserved, err := f.reserved(ctx, name)
		if err != nil {
			return done, err
		}
		if reserved == nil || *reserved > 0 {
			continue
		}
		if _, err := f.client.DeleteFunctionConcurrency(ctx,
			&lambda.DeleteFunctionConcurrencyInput{FunctionName: &name}); err != nil {
			return done, err
		}
	}
	done.Queues, err = f.turn(ctx, lambdaEnabled, alive)
	return done, err
}

// reserved returns a function's reserved concurrency; nil means none.
func (f installationFunctions) reserved(ctx context.Context, name string) (*int32, error) {
	out, err := f.client.GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: &name})
	if err != nil {
		return nil, err
	}
	return out.ReservedConcurrentExecutions, nil
}

// turn brings the mappings into a state, and returns their queues. Lambda takes up to a minute
// for a change, and refuses another one meanwhile. So turn repeats both until all have the state.
func (f installationFunctions) turn(
	ctx context.Context, state string, of func(lambdatypes.EventSourceMappingConfiguration) bool,
) (queues []string, err error) {
	for tick := time.NewTicker(500 * time.Millisecond); ; {
		mappings, err := f.mappings(ctx, of)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(mappings,
			func(m lambdatypes.EventSourceMappingConfiguration) bool { return *m.State != state }) {
			return queuesOf(mappings), nil
		}
		for _, m := range mappings {
			if *m.State != lambdaEnabled && *m.State != lambdaDisabled || *m.State == state {
				continue
			}
			in := &lambda.UpdateEventSourceMappingInput{UUID: m.UUID, Enabled: aws.Bool(state == lambdaEnabled)}
			_, err := f.client.UpdateEventSourceMapping(ctx, in)
			if _, changing := errors.AsType[*lambdatypes.ResourceInUseException](err); err != nil && !changing {
				return nil, err
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// mappings returns the functions' event source mappings, of any alias. It fails if there are
// none.
func (f installationFunctions) mappings(
	ctx context.Context, of func(lambdatypes.EventSourceMappingConfiguration) bool,
) (found []lambdatypes.EventSourceMappingConfiguration, err error) {
	pages := lambda.NewListEventSourceMappingsPaginator(f.client, &lambda.ListEventSourceMappingsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, m := range page.EventSourceMappings {
			_, function, _ := strings.Cut(aws.ToString(m.FunctionArn), ":function:")
			function, _, _ = strings.Cut(function, ":") // the alias
			if m.State != nil && slices.Contains(f.names, function) && of(m) {
				found = append(found, m)
			}
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no function %s takes messages of a queue in %s: look at --name, --region and --profile",
			strings.Join(f.names, " or "), f.client.Options().Region)
	}
	return found, nil
}

// queuesOf returns the names of the mappings' queues.
func queuesOf(mappings []lambdatypes.EventSourceMappingConfiguration) (names []string) {
	for _, m := range mappings {
		source := aws.ToString(m.EventSourceArn)
		names = append(names, source[strings.LastIndex(source, ":")+1:])
	}
	slices.Sort(names)
	return names
}
