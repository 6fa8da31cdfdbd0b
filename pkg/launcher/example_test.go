package launcher_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/launcher"
)

const group = "sg-0123456789abcdef0"

// account returns an AWS account in this process, with a group, a table, and the function
// sgkeeper-ensure.
func account() (aws.Config, *fakeaws.Account) {
	account := fakeaws.New(fakeaws.Options{})
	account.AddSecurityGroup(fakeaws.SecurityGroup{ID: group, Name: "shared",
		Tags: map[string]string{"sgkeeper:managed": "true"}})
	cfg := aws.Config{Region: account.Region(), Credentials: aws.AnonymousCredentials{}, HTTPClient: account}
	if _, err := dynamodb.NewFromConfig(cfg).CreateTable(context.Background(),
		dynamo.Definition("sgkeeper")); err != nil {
		panic(err)
	}
	config, err := handler.Load([]string{"SGKEEPER_TABLE=sgkeeper", "SGKEEPER_ACCOUNT=" + account.ID()})
	if err != nil {
		panic(err)
	}
	function := handler.New(config, cfg, io.Discard)
	account.AddFunction("sgkeeper-ensure", function.Invoke)
	account.AddFunction("sgkeeper-ensure:wait", func(ctx context.Context, payload []byte) ([]byte, error) {
		arn := "arn:aws:lambda:" + account.Region() + ":" + account.ID() + ":function:sgkeeper-ensure:wait"
		return function.Invoke(runtime.Invoked(context.WithoutCancel(ctx), arn), payload) // as Lambda does
	})
	return cfg, account
}

// A launch requests its ports, waits for them, and ends. For your own account, get the
// configuration from config.LoadDefaultConfig.
func Example() {
	cfg, _ := account()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	l := launcher.Launcher{
		Way:    launcher.Function(lambda.NewFromConfig(cfg), "sgkeeper-ensure"),
		Waiter: launcher.Waiter(lambda.NewFromConfig(cfg), "sgkeeper-ensure:wait"),
	}
	rules, err := launcher.Rules("8000,8002-8004", "0.0.0.0/0", "::/0")
	if err != nil {
		log.Fatal(err)
	}
	request := events.Request{
		Launch:    claim.Launch{Name: launcher.Incarnation("llama4")},
		Group:     events.Group{ID: group},
		Rules:     rules,
		ExpiresAt: time.Now().Add(12 * time.Hour), // in case no end is sent
	}
	receipt, err := l.Send(ctx, request)
	if err != nil {
		log.Fatal(err)
	}
	if err := l.Wait(ctx, request, receipt); err != nil {
		log.Fatal(err)
	}
	fmt.Println("open:", strings.HasPrefix(request.Launch.Name, "llama4-"))

	// ... the workload runs and finishes.
	end := events.End{Launch: request.Launch}
	if err := l.End(ctx, end); err != nil {
		log.Fatal(err)
	}
	fmt.Println("closed:", l.WaitEnd(ctx, end))
	// Output:
	// open: true
	// closed: <nil>
}
