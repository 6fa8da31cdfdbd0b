package handler_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sgkeeper/sgkeeper/events"
	audithandler "github.com/sgkeeper/sgkeeper/functions/audit/handler"
	ensurehandler "github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

const (
	account  = "111122223333"
	region   = "us-east-1"
	table    = "sgkeeper"
	bucket   = "reports"
	group    = "sg-0123456789abcdef0"
	other    = "sg-0aaaaaaaaaaaaaaaa"
	queueARN = "arn:aws:sqs:us-east-1:111122223333:audit" // of the queue that feeds the audit function
	ownRole  = "arn:aws:iam::111122223333:role/sgkeeper/ensure"
)

// rig runs both functions with the real SDK against an embedded account.
type rig struct {
	*testing.T
	account *fakeaws.Account
	clients aws.Config
	ensure  *ensurehandler.Handler
	audit   *audithandler.Handler
	log     *bytes.Buffer
	queue   string // URL of the queue that feeds the audit function
	out     string // URL of the queue that receives published events
}

func newRig(t *testing.T, environ ...string) *rig {
	t.Helper()
	return newRigIn(t, fakeaws.New(fakeaws.Options{}), environ...)
}

// newRigIn returns a rig in an account.
func newRigIn(t *testing.T, account *fakeaws.Account, environ ...string) *rig {
	t.Helper()
	r := &rig{T: t, account: account, log: new(bytes.Buffer)}
	r.clients = aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient: r.account}
	r.account.AddBucket(bucket)
	r.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: group, Name: "web",
		Tags: map[string]string{"sgkeeper:managed": "true"}})
	if _, err := dynamodb.NewFromConfig(r.clients).CreateTable(t.Context(), dynamo.Definition(table)); err != nil {
		t.Fatal(err)
	}
	r.queue = r.newQueue("audit")
	r.out = r.subscribe()
	c, err := audithandler.Load(append([]string{
		"SGKEEPER_TABLE=" + table, "SGKEEPER_BUS=launches", "SGKEEPER_REPORTS=" + bucket + "/sgkeeper",
		"SGKEEPER_AUDIT_QUEUE=" + r.queue, "SGKEEPER_EVENT_QUEUE=" + queueARN,
		"SGKEEPER_OWN_ROLES=" + ownRole,
	}, environ...))
	if err != nil {
		t.Fatal(err)
	}
	r.audit = audithandler.New(c, r.clients, r.log)
	own, err := ensurehandler.Load([]string{"SGKEEPER_TABLE=" + table, "SGKEEPER_BUS=launches"})
	if err != nil {
		t.Fatal(err)
	}
	r.ensure = ensurehandler.New(own, r.clients, new(bytes.Buffer))
	return r
}

func (r *rig) newQueue(name string) (url string) {
	r.Helper()
	out, err := sqs.NewFromConfig(r.clients).CreateQueue(r.Context(), &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		r.Fatal(err)
	}
	return *out.QueueUrl
}

// subscribe makes a bus, and a queue that receives all that sgkeeper publishes there.
func (r *rig) subscribe() (url string) {
	r.Helper()
	bus := eventbridge.NewFromConfig(r.clients)
	url = r.newQueue("out")
	ctx, name := r.Context(), aws.String("launches")
	if _, err := bus.CreateEventBus(ctx, &eventbridge.CreateEventBusInput{Name: name}); err != nil {
		r.Fatal(err)
	}
	if _, err := bus.PutRule(ctx, &eventbridge.PutRuleInput{Name: aws.String("all"), EventBusName: name,
		EventPattern: aws.String(`{"source":["sgkeeper"]}`)}); err != nil {
		r.Fatal(err)
	}
	target := eventbridgeTarget("arn:aws:sqs:" + region + ":" + account + ":out")
	if _, err := bus.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: aws.String("all"), EventBusName: name,
		Targets: target}); err != nil {
		r.Fatal(err)
	}
	return url
}

// lambda returns the context of a caller's invocation with a time limit.
func (r *rig) lambda(limit time.Duration) context.Context { return r.invocation(limit, "") }

// mapped returns the context of an invocation by the queue's mapping.
func (r *rig) mapped(limit time.Duration) context.Context { return r.invocation(limit, ":queue") }

func (r *rig) invocation(limit time.Duration, qualifier string) context.Context {
	ctx, cancel := context.WithTimeout(r.Context(), limit)
	r.Cleanup(cancel)
	return lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{
		AwsRequestID:       "8e3cc3b5-4a6c-4a0c-8c0c-0d7e4d7f4b11",
		InvokedFunctionArn: "arn:aws:lambda:us-east-1:111122223333:function:sgkeeper-audit" + qualifier,
	})
}

// invoke returns the answer to a payload: a batch that the queue's mapping delivers, or a caller's
// command.
func (r *rig) invoke(payload string) string {
	r.Helper()
	ctx := r.lambda(5 * time.Minute)
	if strings.HasPrefix(payload, `{"Records"`) {
		ctx = r.mapped(5 * time.Minute)
	}
	reply, err := r.audit.Invoke(ctx, []byte(payload))
	if err != nil {
		r.Fatalf("Invoke(%.200s): %v\n%s", payload, err, r.log)
	}
	return string(reply)
}

// audited returns the result of a command that runs one audit.
func (r *rig) audited(payload string) events.AuditCompleted {
	r.Helper()
	var result events.AuditResult
	reply := r.invoke(payload)
	if err := json.Unmarshal([]byte(reply), &result); err != nil || len(result.Audits) != 1 {
		r.Fatalf("answer %s, %v: want one audit\n%s", reply, err, r.log)
	}
	return result.Audits[0]
}

func (r *rig) all() events.AuditCompleted { r.Helper(); return r.audited(`{"sgkeeper":"audit"}`) }

// opens makes a launch request a port, and ensure open it.
func (r *rig) opens(launch string, port int) {
	r.Helper()
	payload := fmt.Sprintf(`{"detailType":"Launch Requested","launch":%q,"group":%q,"rules":[{"ports":%d,"from":["10.0.0.0/8"]}]}`, launch, group, port)
	r.ensures(payload)
}

func (r *rig) ensures(payload string) {
	r.Helper()
	if reply, err := r.ensure.Invoke(r.lambda(time.Minute), []byte(payload)); err != nil {
		r.Fatalf("ensure(%s) = %s, %v", payload, reply, err)
	}
}

// adds puts a rule into a group as an outsider.
func (r *rig) adds(port int) string {
	r.Helper()
	id, err := r.account.AddRule(group, fakeaws.Rule{Protocol: "tcp", FromPort: port, ToPort: port,
		Peer: "192.0.2.0/24"})
	if err != nil {
		r.Fatal(err)
	}
	return id
}

// removes deletes the rules of a port from a group as an outsider.
func (r *rig) removes(port int) {
	r.Helper()
	for _, rule := range r.account.Rules(group) {
		if rule.FromPort == port {
			if err := r.account.RemoveRule(rule.ID); err != nil {
				r.Fatal(err)
			}
		}
	}
}

func (r *rig) isOpen(port int) bool {
	return slices.ContainsFunc(r.account.Rules(group), func(rule fakeaws.Rule) bool { return rule.FromPort == port })
}

// received receives and deletes all messages of a queue.
func (r *rig) received(url string) (bodies []string) {
	r.Helper()
	client := sqs.NewFromConfig(r.clients)
	for {
		out, err := client.ReceiveMessage(r.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10,
			MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{"All"}})
		if err != nil {
			r.Fatal(err)
		}
		if len(out.Messages) == 0 {
			return bodies
		}
		for _, m := range out.Messages {
			bodies = append(bodies, *m.Body)
			if _, err := client.DeleteMessage(r.Context(), &sqs.DeleteMessageInput{QueueUrl: &url,
				ReceiptHandle: m.ReceiptHandle}); err != nil {
				r.Fatal(err)
			}
		}
	}
}

// published returns the details of published events, by detail-type.
func (r *rig) published() map[string][]json.RawMessage {
	r.Helper()
	all := make(map[string][]json.RawMessage)
	for _, body := range r.received(r.out) {
		var e struct {
			Type   string          `json:"detail-type"`
			Detail json.RawMessage `json:"detail"`
		}
		if err := json.Unmarshal([]byte(body), &e); err != nil {
			r.Fatal(err)
		}
		all[e.Type] = append(all[e.Type], e.Detail)
	}
	return all
}

// detected returns the kinds of the drifts that were published, each once.
func (r *rig) detected() (kinds []string) {
	r.Helper()
	for _, text := range r.published()[events.DriftDetectedType] {
		var d events.DriftDetected
		if err := json.Unmarshal(text, &d); err != nil {
			r.Fatal(err)
		}
		kinds = append(kinds, d.Kind)
	}
	slices.Sort(kinds)
	return kinds
}

func (r *rig) detects(want ...string) {
	r.Helper()
	if got := r.detected(); !slices.Equal(got, want) {
		r.Errorf("published %q, want %q", got, want)
	}
}

// stored decodes an object below the prefix.
func (r *rig) stored(key string, v any) {
	r.Helper()
	o, ok := r.account.Object(bucket, "sgkeeper/"+key)
	if !ok {
		r.Fatalf("%s is not stored; stored are %q", key, r.account.Objects(bucket))
	}
	if err := json.Unmarshal(o.Body, v); err != nil {
		r.Fatalf("%s: %v", key, err)
	}
}

func (r *rig) latest() (report drift.Report) {
	r.Helper()
	r.stored("latest.json", &report)
	return report
}

// lines returns the lines of the log, and those of metrics, since last called.
func (r *rig) lines() (logged, measured []map[string]any) {
	r.Helper()
	for line := range strings.Lines(r.log.String()) {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			r.Errorf("line %.300s: %v", line, err)
		} else if _, ok := object["_aws"]; ok {
			measured = append(measured, object)
		} else {
			logged = append(logged, object)
		}
	}
	r.log.Reset()
	return logged, measured
}

// batch is an SQS batch of messages m0, m1, ...
func batch(bodies ...string) string {
	records := make([]string, len(bodies))
	for i, body := range bodies {
		text, _ := json.Marshal(body)
		records[i] = fmt.Sprintf(`{"messageId":"m%d","body":%s,"eventSource":"aws:sqs","eventSourceARN":"`+queueARN+
			`","awsRegion":"us-east-1"}`, i, text)
	}
	return `{"Records":[` + strings.Join(records, ",") + `]}`
}

// changed is an event of CloudTrail about a call just now on a group, named by id or name.
func changed(id, actor, issuer, parameters string) string {
	return fmt.Sprintf(`{"detail-type":"AWS API Call via CloudTrail","source":"aws.ec2","account":"111122223333","region":"us-east-1","detail":{`+
		`"eventID":%q,"eventName":"AuthorizeSecurityGroupIngress","eventSource":"ec2.amazonaws.com","eventTime":%q,"awsRegion":"us-east-1",`+
		`"recipientAccountId":"111122223333","userIdentity":{"arn":%q,"sessionContext":{"sessionIssuer":{"arn":%q}}},"requestParameters":%s,"responseElements":null}}`,
		id, time.Now().UTC().Format(time.RFC3339), actor, issuer, parameters)
}

func eventbridgeTarget(arn string) []types.Target {
	id := "out"
	return []types.Target{{Id: &id, Arn: &arn}}
}

// put stores an object.
func (r *rig) put(key, text string) {
	r.Helper()
	_, err := s3.NewFromConfig(r.clients).PutObject(r.Context(),
		&s3.PutObjectInput{Bucket: aws.String(bucket), Key: &key, Body: strings.NewReader(text)})
	if err != nil {
		r.Fatal(err)
	}
}
