// Command audit is the Lambda function that compares the launches' requests with the rules of
// security groups.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/sgkeeper/sgkeeper/functions/audit/handler"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/aws/transport"
)

func main() {
	runtime.LimitMemory()
	settings, err := handler.Load(os.Environ())
	if err != nil {
		exit(err)
	}
	clients, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		exit(err)
	}
	if clients.Region == "" {
		exit(errors.New("AWS_REGION: not set; want the Region of the security groups"))
	}
	lambda.Start(handler.New(settings, transport.Repair(clients), os.Stdout))
}

func exit(err error) {
	fmt.Fprintln(os.Stderr, "sgkeeper-audit cannot start:", err)
	os.Exit(1)
}
