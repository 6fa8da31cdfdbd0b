package handler_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

const (
	table      = "sgkeeper"
	group      = "sg-0123456789abcdef0"
	eventQueue = "arn:aws:sqs:us-east-1:111122223333:sgkeeper-events"
	otherQueue = "arn:aws:sqs:us-east-1:111122223333:sgkeeper-commands"
	requestID  = "8e3cc3b5-4a6c-4a0c-8c0c-0d7e4d7f4b11"
)

// secrets are texts that the function must never print.
var secrets = []string{"AKIDSECRET", "wJalrXUtnFEMI", "FwoGZXIvYXdzEBYaD"}

// rig is the handler with the real SDK on an embedded account.
type rig struct {
	t       *testing.T
	account *fakeaws.Account
	clients aws.Config
	handler *handler.Handler
	log     *testLog
}

func newRig(t *testing.T, configure ...func(*handler.Config)) *rig {
	t.Helper()
	r := &rig{t: t, account: fakeaws.New(fakeaws.Options{}), log: &testLog{}}
	r.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: group, Name: "shared"})
	clients := aws.Config{
		Region:      r.account.Region(),
		Credentials: credentials.NewStaticCredentialsProvider(secrets[0], secrets[1], secrets[2]),
		HTTPClient:  r.account,
	}
	if _, err := dynamodb.NewFromConfig(clients).CreateTable(t.Context(), dynamo.Definition(table)); err != nil {
		t.Fatal(err)
	}
	c := handler.Config{Config: runtime.Config{Table: table, Quota: 60}, Mode: handler.Enforce,
		Feed: runtime.Feed{EventQueues: []string{eventQueue}, QueueQualifier: "queue"}}
	for _, f := range configure {
		f(&c)
	}
	r.clients, r.handler = clients, handler.New(c, clients, r.log)
	r.account.ResetCalls()
	return r
}

// lambda is the runtime's context of an invocation by a caller.
func lambda(t *testing.T) context.Context {
	t.Helper()
	return lambdaBy(t, functionARN+":live")
}

// byQueue is the context of an invocation by the event source mapping of a queue.
func byQueue(t *testing.T) context.Context {
	t.Helper()
	return lambdaBy(t, functionARN+":queue")
}

const functionARN = "arn:aws:lambda:us-east-1:111122223333:function:sgkeeper-ensure"

func lambdaBy(t *testing.T, arn string) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{
		AwsRequestID:       requestID,
		InvokedFunctionArn: arn,
	})
}

// invoke returns the answer to a payload. Lambda delivers batches from queues.
func (r *rig) invoke(payload string) string {
	r.t.Helper()
	ctx := lambda(r.t)
	if strings.HasPrefix(payload, `{"Records":`) {
		ctx = byQueue(r.t)
	}
	reply, err := r.handler.Invoke(ctx, []byte(payload))
	if err != nil {
		r.t.Fatalf("Invoke(%.200s): %v", payload, err)
	}
	return string(reply)
}

// outcome returns the only outcome in the answer to a payload.
func (r *rig) outcome(payload string) events.Outcome {
	r.t.Helper()
	var result events.Result
	reply := r.invoke(payload)
	if err := json.Unmarshal([]byte(reply), &result); err != nil || len(result.Outcomes) != 1 {
		r.t.Fatalf("answer %s, %v: want one outcome", reply, err)
	}
	return result.Outcomes[0]
}

// bare is a Launch Requested as a bare detail; requested is its detail.
func bare(launch string, port int) string {
	return `{"detailType":"Launch Requested",` + requested(launch, port)[1:]
}

func requested(launch string, port int) string {
	return fmt.Sprintf(`{"launch":%q,"group":%q,"rules":[{"ports":%d,"from":["10.0.0.0/8"]}]}`, launch, group, port)
}

func envelope(account, detail string) string {
	return fmt.Sprintf(`{"version":"0","id":"7bf73129-1428-4cd3-a780-95db273d1602","detail-type":"Launch Requested","source":"launcher",`+
		`"account":%q,"time":"2026-11-23T00:00:00Z","region":"us-east-1","resources":[],"detail":%s}`, account, detail)
}

func notification(message string) string {
	return `{"Type":"Notification","MessageId":"n","TopicArn":"arn:aws:sns:us-east-1:111122223333:launches","Message":` + quoted(message) + `}`
}

// batch is an SQS batch of messages m0, m1, ... from one queue.
func batch(queue string, bodies ...string) string {
	records := make([]string, len(bodies))
	for i, body := range bodies {
		records[i] = fmt.Sprintf(`{"messageId":"m%d","body":%s,"eventSource":"aws:sqs","eventSourceARN":%q,"awsRegion":"us-east-1"}`, i, quoted(body), queue)
	}
	return `{"Records":[` + strings.Join(records, ",") + `]}`
}

func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// testLog collects the function's output. It has no lock, because the handler must keep lines
// apart.
type testLog struct{ bytes.Buffer }

// take returns the lines since the last call.
func (l *testLog) take() []string {
	text := l.String()
	l.Reset()
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// lines returns the lines of the log and of the metrics since the last call.
func (r *rig) lines() (logged, measured []map[string]any) {
	r.t.Helper()
	for _, line := range r.log.take() {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			r.t.Errorf("line %.300s: %v", line, err)
			continue
		}
		if _, ok := object["_aws"]; ok {
			measured = append(measured, object)
		} else {
			logged = append(logged, object)
		}
	}
	return logged, measured
}

func ruleFrom(protocol string, first, last int, peer string) fakeaws.Rule {
	return fakeaws.Rule{Protocol: protocol, FromPort: first, ToPort: last, Peer: peer}
}
