package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

var update = flag.Bool("update", false, "rewrite the golden text in testdata/script")

func TestMain(m *testing.M) {
	flag.Set("test.parallel", "8") // the scripts wait more than they compute
	testscript.Main(m, map[string]func(){"sgkeeper": main, "on-signal": onSignal})
}

// onSignal is a command that prints "up", and its argument at each signal, or exits with that number. At
// the end of its input, or at the line "over", it prints "bye" and exits with 5. A shell's trap could
// wait behind its next read.
func onSignal() {
	caught := make(chan os.Signal, 8)
	signal.Notify(caught, os.Interrupt, syscall.SIGTERM)
	fmt.Println("up")
	go func() {
		for range caught {
			if code, err := strconv.Atoi(os.Args[1]); err == nil {
				os.Exit(code)
			}
			fmt.Println(os.Args[1])
		}
	}()
	for input := bufio.NewScanner(os.Stdin); input.Scan() && input.Text() != "over"; {
	}
	fmt.Println("bye")
	os.Exit(5)
}

// TestScripts runs testdata/script/*.txtar. Each script has an AWS account of its own, with a
// bus and a table named sgkeeper, and the group sg-0123456789abcdef0.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setUpAccount,
		Condition:           func(name string) (bool, error) { return condition(t, name) },
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":     exits,
			"example":   example,
			"commands":  commands,
			"published": published,
			"permit":    permit,
			"refuse":    refuse,
			"await":     awaitNews,
			"claim":     claimed,
			"settle":    settle,
			"item":      putItem,
			"hold":      hold,
			"backup":    backup,
			"restore":   restore,
			"stuck":     stuck,
			"archive":   archive,
			"record":    record,
			"flood":     flood,
			"queued":    queued,
			"manage":    manage,
			"local":     localAside,
			"answer":    answerCode,
			"group":     putGroup,
			"firstrule": firstRule,
			"deny":      deny,
			"serve":     serve,
			"why":       why,
			"sweep":     sweep,
			"parameter": putParameter,
			"list":      putList,
			"stranger":  stranger,
			"address":   answerAddress,
			"install":   install,
			"mappings":  mappings,
			"reserve":   reserve,
		},
	})
}

// condition returns the value of a script's condition. [full] marks a line that takes a minute:
// it runs in CI, and if -run names the test.
func condition(t *testing.T, name string) (bool, error) {
	if name != "full" {
		return false, fmt.Errorf("condition %q: want full", name)
	}
	return proof.Of(t) >= proof.Full, nil
}

// world is the account of a script.
type world struct {
	*fakeaws.Account
	mu        sync.Mutex
	published []fakeaws.Entry
	refusing  bool
	backup    []map[string]types.AttributeValue // of the table
	purpose   claim.Purpose                     // of the requests that a script claims
	news      chan struct{}
}

func setUpAccount(env *testscript.Env) error {
	w := &world{Account: fakeaws.New(fakeaws.Options{}), news: make(chan struct{}, 100)}
	w.AddSecurityGroup(fakeaws.SecurityGroup{ID: sg, Name: "shared"})
	w.FailEntries(w.take)
	ctx := context.Background()
	bus := &eventbridge.CreateEventBusInput{Name: aws.String("sgkeeper")}
	if _, err := eventbridge.NewFromConfig(w.clients()).CreateEventBus(ctx, bus); err != nil {
		return err
	}
	if _, err := dynamodb.NewFromConfig(w.clients()).CreateTable(ctx, dynamo.Definition("sgkeeper")); err != nil {
		return err
	}
	config, err := handler.Load([]string{"SGKEEPER_TABLE=sgkeeper", "SGKEEPER_ACCOUNT=" + w.ID()})
	if err != nil {
		return err
	}
	function := handler.New(config, w.clients(), io.Discard)
	w.AddFunction("sgkeeper-ensure", function.Invoke)
	w.AddFunction("sgkeeper-ensure:wait", func(ctx context.Context, payload []byte) ([]byte, error) {
		arn := "arn:aws:lambda:" + w.Region() + ":" + w.ID() + ":function:sgkeeper-ensure:wait"
		return function.Invoke(runtime.Invoked(ctx, arn), payload)
	})
	queue := &sqs.CreateQueueInput{QueueName: aws.String("launches")}
	if _, err := sqs.NewFromConfig(w.clients()).CreateQueue(ctx, queue); err != nil {
		return err
	}
	server := httptest.NewServer(w)
	env.Defer(server.Close)
	env.Values["world"] = w
	env.Setenv("AWS_ENDPOINT_URL", server.URL)
	env.Setenv("AWS_REGION", w.Region())
	env.Setenv("NEWLINE", "\n")
	env.Setenv("GOGC", "off") // commands end soon, and collecting their garbage takes a quarter of their CPU time
	env.Setenv("AWS_ACCESS_KEY_ID", "test")
	env.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	env.Setenv("AWS_MAX_ATTEMPTS", "1")
	env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	return nil
}

// clients is the configuration of clients that use no socket.
func (w *world) clients() aws.Config { return embedded.Clients(w.Account) }

func (w *world) take(e fakeaws.Entry) *fakeaws.Error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refusing {
		return &fakeaws.Error{Code: "InternalFailure", Message: "no room on the bus"}
	}
	w.published = append(w.published, e)
	w.news <- struct{}{}
	return nil
}

func worldOf(ts *testscript.TestScript) *world { return ts.Value("world").(*world) }

// exits CODE ARG...: sgkeeper ends with that exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE ARG...")
	}
	script := `sgkeeper "$@"; code=$?; test $code = ` + args[0] + ` || { echo "exit code $code, want ` +
		args[0] + `" >&2; exit 1; }`
	ts.Check(ts.Exec("sh", append([]string{"-c", script, "sh"}, args[1:]...)...))
}

// example COMMAND FILE: write the example in a command's help as a shell script.
func example(ts *testscript.TestScript, _ bool, args []string) {
	cmd, _, err := newRoot().Find(strings.Fields(args[0]))
	ts.Check(err)
	if cmd.Example == "" {
		ts.Fatalf("%s has no example", cmd.CommandPath())
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte("set -eu\n"+cmd.Example+"\n"), 0o600))
}

// commands PAGE FILE: write the shell commands of a page in docs to a script.
func commands(ts *testscript.TestScript, _ bool, args []string) {
	page, err := os.ReadFile(filepath.Join("../../docs", args[0]+".md"))
	ts.Check(err)
	script := "set -eu\n"
	for _, block := range shellBlock.FindAllStringSubmatch(string(page), -1) {
		script += block[1]
	}
	if script == "set -eu\n" {
		ts.Fatalf("docs/%s.md has no commands", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(script), 0o600))
}

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// published FILE: write the events on the bus to a file, and forget them.
func published(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	w.mu.Lock()
	defer w.mu.Unlock()
	var text strings.Builder
	for _, e := range w.published {
		text.WriteString(strings.Join([]string{e.EventBusName, e.Source, e.DetailType, e.Detail}, "\n") + "\n")
	}
	w.published = nil
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text.String()), 0o600))
}

// manage: the group opts in.
func manage(ts *testscript.TestScript, _ bool, _ []string) {
	_, err := ec2.NewFromConfig(worldOf(ts).clients()).CreateTags(context.Background(), &ec2.CreateTagsInput{
		Resources: []string{sg}, Tags: []ec2types.Tag{{Key: aws.String("sgkeeper:managed"), Value: aws.String("true")}},
	})
	ts.Check(err)
}

// stranger VARIABLE: set a variable to the URL of a server that is not AWS.
func stranger(ts *testscript.TestScript, _ bool, args []string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, "<html><head><meta></head></html>")
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}

// firstrule VARIABLE: set a variable to the id of an ingress rule of the group.
func firstRule(ts *testscript.TestScript, _ bool, args []string) {
	for _, r := range worldOf(ts).Rules(sg) {
		if !r.Egress && r.Tags["sgkeeper:installation"] == "" {
			ts.Setenv(args[0], r.ID)
		}
	}
}

// deny ACTION...: IAM denies these actions from now on.
func deny(ts *testscript.TestScript, _ bool, args []string) { worldOf(ts).Deny(args...) }

// queued FILE: write the messages of the queue launches to a file.
func queued(ts *testscript.TestScript, _ bool, args []string) {
	client, url := sqs.NewFromConfig(worldOf(ts).clients()), "http://sqs/111122223333/launches"
	in := &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10}
	got, err := client.ReceiveMessage(context.Background(), in)
	ts.Check(err)
	var text strings.Builder
	for _, m := range got.Messages {
		text.WriteString(*m.Body + "\n")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text.String()), 0o600))
}

// await: wait until an event is on the bus.
func awaitNews(ts *testscript.TestScript, _ bool, _ []string) { <-worldOf(ts).news }

// permit RULE...: add rules to the group, as the function would.
func permit(ts *testscript.TestScript, _ bool, args []string) {
	for _, text := range args {
		rule := secgroup.MustParseRule(text)
		_, err := worldOf(ts).AddRule(sg, fakeaws.Rule{
			Protocol: rule.Protocol.String(), FromPort: int(rule.Ports.First), ToPort: int(rule.Ports.Last),
			Peer: rule.Peer.String(),
		})
		ts.Check(err)
	}
}

// refuse: the bus accepts no event from now on.
func refuse(ts *testscript.TestScript, _ bool, _ []string) {
	w := worldOf(ts)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refusing = true
}

// group ID NAME [VPC]: add a group. group -ID: delete a group.
func putGroup(ts *testscript.TestScript, neg bool, args []string) {
	switch {
	case !neg && len(args) == 1 && strings.HasPrefix(args[0], "-"):
		worldOf(ts).RemoveSecurityGroup(strings.TrimPrefix(args[0], "-"))
	case !neg && (len(args) == 2 || len(args) == 3):
		vpc := ""
		if len(args) == 3 {
			vpc = args[2]
		}
		worldOf(ts).AddSecurityGroup(fakeaws.SecurityGroup{ID: args[0], Name: args[1], VPC: vpc})
	default:
		ts.Fatalf("usage: group ID NAME [VPC] | group -ID")
	}
}

// answer CODE: AWS answers every call with that error code from now on.
func answerCode(ts *testscript.TestScript, _ bool, args []string) {
	worldOf(ts).Inject(func(fakeaws.Op) (bool, error) {
		return false, &fakeaws.Error{Code: args[0], Message: "The security token included in the request is expired"}
	})
}
