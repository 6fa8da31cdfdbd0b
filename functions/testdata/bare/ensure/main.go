// Command ensure makes the clients of functions/ensure and does nothing else. Its start and its
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
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// handler holds the clients, so that the linker keeps their code.
type handler struct {
	ec2      *ec2.Client
	dynamodb *dynamodb.Client
	events   *eventbridge.Client
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
		ssm.NewFromConfig(c), sts.NewFromConfig(c),
	}
	lambda.Start(h.answer)
}

// answer links the operations of functions/ensure. No test sends the event that calls them.
func (h handler) answer(ctx context.Context, event json.RawMessage) (string, error) {
	if string(event) != `"call"` {
		return "nothing", nil
	}
	_, describe := h.ec2.DescribeSecurityGroupRules(ctx, nil)
	_, authorize := h.ec2.AuthorizeSecurityGroupIngress(ctx, nil)
	_, authorizeEgress := h.ec2.AuthorizeSecurityGroupEgress(ctx, nil)
	_, revoke := h.ec2.RevokeSecurityGroupIngress(ctx, nil)
	_, revokeEgress := h.ec2.RevokeSecurityGroupEgress(ctx, nil)
	_, get := h.dynamodb.GetItem(ctx, nil)
	_, query := h.dynamodb.Query(ctx, nil)
	_, update := h.dynamodb.UpdateItem(ctx, nil)
	_, transact := h.dynamodb.TransactWriteItems(ctx, nil)
	_, put := h.events.PutEvents(ctx, nil)
	_, parameter := h.ssm.GetParameter(ctx, nil)
	_, assume := h.sts.AssumeRole(ctx, nil)
	return fmt.Sprint(parameter, assume, describe, authorize, authorizeEgress, revoke, revokeEgress,
		get, query, update, transact, put), nil
}
