package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/aws/eventbus"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// startLocal runs `sgkeeper local` with those flags until the test ends. It returns the
// announcement.
func startLocal(t *testing.T, flags ...string) localInfo {
	t.Helper()
	out, in := io.Pipe()
	root := newRoot()
	root.SetArgs(append([]string{"local", "--listen", "127.0.0.1:0", "--output", "json"}, flags...))
	root.SetOut(in)
	root.SetErr(io.Discard)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		err := root.ExecuteContext(ctx)
		in.CloseWithError(io.ErrUnexpectedEOF) // for a reader that still waits for the address
		ended <- err
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("sgkeeper local ended with %v", err)
		}
	})
	var info localInfo
	if err := json.NewDecoder(out).Decode(&info); err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, out)
	return info
}

// clients is a configuration of clients that connect by the socket.
func (i localInfo) clients() aws.Config {
	return aws.Config{Region: i.Region, Credentials: aws.AnonymousCredentials{}, BaseEndpoint: &i.Endpoint}
}

// receiver receives outcomes. An outcome of several launches arrives once.
type receiver struct {
	localInfo
	received []embedded.Outcome
}

// receive receives until there is an outcome of the launch.
func (e *receiver) receive(t *testing.T, launch string) embedded.Outcome {
	t.Helper()
	client := sqs.NewFromConfig(e.clients())
	for {
		for _, outcome := range e.received {
			if slices.Contains(outcome.Detail.Launches, launch) || outcome.Detail.Launch == launch {
				return outcome
			}
		}
		in := &sqs.ReceiveMessageInput{QueueUrl: &e.OutcomeQueue, WaitTimeSeconds: 20}
		got, err := client.ReceiveMessage(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Messages) == 0 {
			t.Fatalf("no outcome of %s arrived", launch)
		}
		var outcome embedded.Outcome
		if err := json.Unmarshal([]byte(*got.Messages[0].Body), &outcome); err != nil {
			t.Fatal(err)
		}
		e.received = append(e.received, outcome)
	}
}

func (i localInfo) has(t *testing.T, rule string) {
	t.Helper()
	group := claim.Group{Account: i.Account, Region: i.Region, ID: i.Group}
	entries, err := ec2sg.New(ec2.NewFromConfig(i.clients())).Rules(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	if !secgroup.Rules(entries).Contains(secgroup.MustParseRule(rule)) {
		t.Errorf("the group lacks %s", rule)
	}
}

func TestLocal(t *testing.T) {
	info := &receiver{localInfo: startLocal(t)}
	launch := func(name, rule string) events.Request {
		return events.Request{
			Launch: claim.Launch{Name: name},
			Group:  events.Group{ID: info.Group},
			Rules:  []secgroup.Entry{{Rule: secgroup.MustParseRule(rule)}},
		}
	}

	bus := eventbus.New(eventbridge.NewFromConfig(info.clients()), info.Bus)
	if err := bus.Put(t.Context(), "test", launch("by-bus", "tcp 8080 from 0.0.0.0/0")); err != nil {
		t.Fatal(err)
	}
	info.receive(t, "by-bus")
	info.has(t, "tcp 8080 from 0.0.0.0/0")

	body := `{"detailType": "Launch Requested", "launch": "by-queue", "group": "` + info.Group + `",
		"rules": [{"ports": 8443, "from": ["::/0"]}]}`
	message := &sqs.SendMessageInput{QueueUrl: &info.LaunchQueue, MessageBody: &body}
	if _, err := sqs.NewFromConfig(info.clients()).SendMessage(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	info.receive(t, "by-queue")
	info.has(t, "tcp 8443 from ::/0")

	instance, err := ec2.NewFromConfig(info.clients()).RunInstances(t.Context(), &ec2.RunInstancesInput{
		ImageId: aws.String("ami-0123456789abcdef0"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		SecurityGroupIds: []string{info.Group},
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeInstance,
			Tags: []ec2types.Tag{
				{Key: aws.String(events.TagPorts), Value: aws.String("9443")},
				{Key: aws.String(events.TagFrom), Value: aws.String("10.0.0.0/8")},
			}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	info.receive(t, *instance.Instances[0].InstanceId)
	info.has(t, "tcp 9443 from 10.0.0.0/8")

	if err := bus.Put(t.Context(), "test", launch("refused", "tcp 22 from 0.0.0.0/0")); err != nil {
		t.Fatal(err)
	}
	if outcome := info.receive(t, "refused"); outcome.DetailType != events.RejectedType {
		t.Errorf("SSH from the world: the outcome is %q, want %q", outcome.DetailType, events.RejectedType)
	}
}

// TestLocalTwoTeams runs the example of docs/guardrails.md. Each team may end its own launch.
// It is refused when it ends the other's, adds to it, or takes its name.
func TestLocalTwoTeams(t *testing.T) {
	info := &receiver{localInfo: startLocal(t, "--guardrails", "../../pkg/guardfile/examples/two-teams.yaml")}
	bus := eventbus.New(eventbridge.NewFromConfig(info.clients()), info.Bus)
	put := func(source string, e events.Out) {
		t.Helper()
		if err := bus.Put(t.Context(), source, e); err != nil {
			t.Fatal(err)
		}
	}
	request := func(launch, port string) events.Request {
		return events.Request{
			Launch: claim.Launch{Name: launch}, Group: events.Group{ID: info.Group},
			Rules: []secgroup.Entry{{Rule: secgroup.MustParseRule("tcp " + port + " from 10.0.0.0/8")}},
		}
	}
	end := func(launch string) events.End { return events.End{Launch: claim.Launch{Name: launch}} }
	hear := func(launch, want string) {
		t.Helper()
		if outcome := info.receive(t, launch); outcome.DetailType != want {
			t.Fatalf("%s: the outcome is %q %v, want %q", launch, outcome.DetailType, outcome.Detail.Reasons, want)
		}
		info.received = nil
	}
	teams := []struct{ source, launch, port string }{{"inference", "llama-1", "8011"}, {"training", "train-1", "9011"}}
	for i, own := range teams {
		thief := teams[1-i]
		put(own.source, request(own.launch, own.port))
		hear(own.launch, events.EnsuredType)
		for _, attack := range []events.Out{end(own.launch), request(own.launch, thief.port)} {
			put(thief.source, attack)
			hear(own.launch, events.RejectedType)
		}
		other := info.Account + ":" + own.source + "/" + own.launch
		put(thief.source, end(other))
		hear(other, events.RejectedType)
		info.has(t, "tcp "+own.port+" from 10.0.0.0/8")
	}
	for _, own := range teams {
		put(own.source, end(own.launch))
		hear(own.launch, events.ReleasedType)
	}
}

func TestLocalAddressInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	var errOut strings.Builder
	code := run([]string{"local", "--listen", taken.Addr().String()}, strings.NewReader(""), io.Discard, &errOut)
	if code != 1 || !strings.Contains(errOut.String(), taken.Addr().String()) {
		t.Errorf("exit code %d, %q: want 1 and the address", code, &errOut)
	}
}

// TestLocalText: the announcement is at most 80 columns wide.
func TestLocalText(t *testing.T) {
	text := startLocal(t).text(console.Style{})
	for line := range strings.Lines(text) {
		if n := len(strings.TrimRight(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}
