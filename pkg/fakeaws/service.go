package fakeaws

import (
	"context"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/ssm"
)

// service performs the operations of one AWS service, with the input in op. It returns the
// body of the reply. ctx is the client's context, for operations that wait.
type service func(ctx context.Context, op Op, requestID string) ([]byte, error)

func (a *Account) newServices() map[string]service {
	tables := dynamodb.New(a.opts.ID, a.opts.Region)
	parameters := ssm.New(a.opts.ID, a.opts.Region)
	return map[string]service{
		"ec2":    a.callEC2,
		"sts":    a.callSTS,
		"lambda": a.callLambda,
		"s3":     a.callS3,
		"securityhub": func(_ context.Context, op Op, _ string) ([]byte, error) {
			return a.hub.Call(op.Name, op.Body)
		},
		"dynamodb": func(_ context.Context, op Op, _ string) ([]byte, error) {
			return tables.Call(op.Name, op.Body)
		},
		"events": func(_ context.Context, op Op, _ string) ([]byte, error) {
			return a.events.Call(op.Name, op.Body)
		},
		"ssm": func(_ context.Context, op Op, _ string) ([]byte, error) {
			return parameters.Call(op.Name, op.Body)
		},
		"sqs": func(ctx context.Context, op Op, _ string) ([]byte, error) {
			return a.queues.CallContext(ctx, op.Name, op.Body)
		},
	}
}
