// Command ensure is the Lambda function that opens the ports that launches request.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/aws/transport"
)

func main() {
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
	fmt.Fprintln(os.Stderr, "sgkeeper-ensure cannot start:", err)
	os.Exit(1)
}
