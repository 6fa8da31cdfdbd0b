package handler_test

import (
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

func eventbridgeTarget(arn string) []types.Target {
	id := "out"
	return []types.Target{{Id: &id, Arn: &arn}}
}
