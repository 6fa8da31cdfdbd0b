package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
)

// world is one stand-in for AWS, into which the tests deploy sgkeeper.
type world struct {
	proxy    *ec2Proxy
	server   *httptest.Server // the proxy's
	dynamodb string           // "" is MiniStack's

	url      string            // MiniStack's
	outputs  map[string]string // of the stack
	bus      *eventbridge.Client
	queues   *sqs.Client
	objects  *s3.Client
	groups   *ec2.Client
	observer *observer
}

var made string // the assembly's folder; "" until it is made

// assembly makes the assembly once.
var assembly = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "sgkeeper")
	if err != nil {
		return "", err
	}
	made = folder
	return folder, synth(folder)
})

// synth makes an assembly with the CDK CLI, for this machine's architecture and with further
// settings. It has no archive of the bus, because MiniStack does not support one.
func synth(folder string, settings ...string) error {
	cli, err := engines("cdk", "node_modules", ".bin", "cdk")
	if err != nil {
		return err
	}
	synth := exec.Command(cli, "synth", "--quiet", "--output", folder)
	for _, setting := range append([]string{"architecture=host", "archiveDays=0"}, settings...) {
		synth.Args = append(synth.Args, "-c", setting)
	}
	synth.Dir = filepath.Join("..", "..")
	if out, err := synth.CombinedOutput(); err != nil {
		return fmt.Errorf("cdk synth: %w\n%s", err, out)
	}
	return nil
}

// start starts MiniStack. Its functions use the world's EC2 and table.
func (w *world) start(t *testing.T) {
	t.Cleanup(w.server.Close)
	installed(t, "cdk", "node_modules", ".bin", "cdk")
	env := []string{"AWS_ENDPOINT_URL_EC2=" + w.server.URL}
	if w.dynamodb != "" {
		env = append(env, "AWS_ENDPOINT_URL_DYNAMODB="+w.dynamodb)
	}
	w.url = start(t, ministack, env...)
	w.connect()
}

// deploy deploys the stack with the CDK CLI.
func (w *world) deploy(t *testing.T) {
	folder, err := assembly()
	if err != nil {
		t.Fatal(err)
	}
	w.deployFrom(t, folder)
}

// deployFrom deploys the stack of an assembly.
func (w *world) deployFrom(t *testing.T, folder string) {
	w.bootstrap(t, folder)
	w.outputs = w.install(t, folder, "sgkeeper")
	w.hurry(t)
	w.makeTable(t)
	w.observer = w.observe(t)
}

func (w *world) bootstrap(t *testing.T, folder string) {
	t.Helper()
	w.cdk(t, "bootstrap", "--app", folder, "aws://"+account+"/"+region)
}

// install deploys the stack of an assembly, and returns the outputs of the installation.
func (w *world) install(t *testing.T, folder, name string) map[string]string {
	t.Helper()
	outputs := filepath.Join(t.TempDir(), "outputs.json")
	w.cdk(t, "deploy", "--app", folder, "--require-approval", "never", "--outputs-file", outputs)
	text, err := os.ReadFile(outputs)
	if err != nil {
		t.Fatal(err)
	}
	var stacks map[string]map[string]string
	if err := json.Unmarshal(text, &stacks); err != nil {
		t.Fatal(err)
	}
	return stacks[name]
}

// cdk runs the CLI against MiniStack.
func (w *world) cdk(t *testing.T, args ...string) {
	t.Helper()
	if out, err := w.cdkFails(t, args...); err != nil {
		t.Fatalf("cdk %s: %v\n%s", args[0], err, out)
	}
}

// cdkFails runs the CLI against MiniStack, and returns its error. The CLI has a home of its own,
// because it caches the account of a key.
func (w *world) cdkFails(t *testing.T, args ...string) (out []byte, err error) {
	t.Helper()
	cmd := exec.Command(installed(t, "cdk", "node_modules", ".bin", "cdk"), args...)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(outside(), "HOME="+t.TempDir(), "AWS_ENDPOINT_URL="+w.url, "AWS_ACCESS_KEY_ID=test",
		"AWS_SECRET_ACCESS_KEY=test", "AWS_REGION="+region, "CDK_DISABLE_CLI_TELEMETRY=true")
	return cmd.CombinedOutput()
}

func (w *world) connect() {
	config := func(url string) aws.Config {
		return aws.Config{Region: region, BaseEndpoint: &url,
			Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
	}
	w.bus = eventbridge.NewFromConfig(config(w.url))
	w.queues = sqs.NewFromConfig(config(w.url))
	w.objects = s3.NewFromConfig(config(w.url), func(o *s3.Options) { o.UsePathStyle = true })
	w.groups = ec2.NewFromConfig(config(w.server.URL))
}

// hurry makes failed messages visible again at once.
func (w *world) hurry(t *testing.T) {
	for _, queue := range []string{"events", "asks"} {
		_, err := w.queues.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
			QueueUrl:   w.queue(queue),
			Attributes: map[string]string{string(sqstypes.QueueAttributeNameVisibilityTimeout): "3"},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// makeTable makes the stack's table in DynamoDB Local, if the world uses it.
func (w *world) makeTable(t *testing.T) {
	if w.dynamodb == "" {
		return
	}
	client := dynamodb.New(dynamodb.Options{Region: region, BaseEndpoint: &w.dynamodb,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
	if _, err := client.CreateTable(t.Context(), dynamo.Definition(w.outputs["TableName"])); err != nil {
		t.Fatal(err)
	}
}

// queue returns the URL of one of the stack's queues.
func (w *world) queue(part string) *string {
	return aws.String(strings.TrimSuffix(w.outputs["AsksQueueUrl"], "asks") + part)
}

func (w *world) queueARN(part string) string {
	return "arn:aws:sqs:" + region + ":" + account + ":" + part
}
