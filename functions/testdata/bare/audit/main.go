// Command audit makes the clients of functions/audit and does nothing else. Its start and its
// memory show the share of the SDK.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// handler holds the clients, so that the linker keeps their code.
type handler struct {
	ec2      *ec2.Client
	dynamodb *dynamodb.Client
	events   *eventbridge.Client
	s3       *s3.Client
	hub      *securityhub.Client
	sqs      *sqs.Client
	ssm      *ssm.Client
	sts      *sts.Client
}

func main() {
	c, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	h := handler{
		ec2.NewFromConfig(c), dynamodb.NewFromConfig(c), eventbridge.NewFromConfig(c),
		s3.NewFromConfig(c), securityhub.NewFromConfig(c), sqs.NewFromConfig(c), ssm.NewFromConfig(c),
		sts.NewFromConfig(c),
	}
	lambda.Start(h.answer)
}

// answer links the operations of functions/audit. No test sends the event that calls them.
func (h handler) answer(ctx context.Context, event json.RawMessage) (string, error) {
	if string(event) != `"call"` {
		return "nothing", nil
	}
	_, rules := h.ec2.DescribeSecurityGroupRules(ctx, nil)
	_, groups := h.ec2.DescribeSecurityGroups(ctx, nil)
	_, scan := h.dynamodb.Scan(ctx, nil)
	_, query := h.dynamodb.Query(ctx, nil)
	_, update := h.dynamodb.UpdateItem(ctx, nil)
	_, put := h.events.PutEvents(ctx, nil)
	_, read := h.s3.GetObject(ctx, nil)
	_, write := h.s3.PutObject(ctx, nil)
	_, find := h.hub.BatchImportFindings(ctx, nil)
	_, send := h.sqs.SendMessage(ctx, nil)
	_, parameter := h.ssm.GetParameter(ctx, nil)
	_, assume := h.sts.AssumeRole(ctx, nil)
	return fmt.Sprint(rules, groups, scan, query, update, put, read, write, find, send, parameter, assume), nil
}
