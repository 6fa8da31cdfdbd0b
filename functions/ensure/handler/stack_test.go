package handler_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

const (
	cfnBucket = "cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com"
	cfnSecret = "X-Amz-Signature=5ca1ab1e"
)

// cloudFormation stands for the bucket that takes answers, and for Lambda, which repeats a
// failed invocation twice.
type cloudFormation struct {
	*rig
	mu      sync.Mutex
	bodies  []string
	hosts   []string // by TLS and by HTTP
	headers []http.Header
	status  []int // of the next answers; then 200
}

func newCloudFormation(t *testing.T) *cloudFormation {
	t.Helper()
	c := newStackRig(t)
	bucket := httptest.NewUnstartedServer(c)
	bucket.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.hosts = append(c.hosts, "tls "+hello.ServerName)
		return nil, nil
	}}
	bucket.StartTLS()
	t.Cleanup(bucket.Close)
	c.handler.Callback = &http.Client{Transport: &http.Transport{
		// Each host name leads to the server, whose certificate is for example.com.
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, bucket.Listener.Addr().String())
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // the test checks the names
	}}
	return c
}

// newStackRig takes answers without a socket, for virtual time.
func newStackRig(t *testing.T) *cloudFormation {
	t.Helper()
	c := &cloudFormation{rig: newRig(t, func(config *handler.Config) { config.StackQualifier = "stack" })}
	c.handler.Callback = &http.Client{Transport: c}
	return c
}

// RoundTrip implements http.RoundTripper.
func (c *cloudFormation) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	r.Host = r.URL.Host
	c.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

// ServeHTTP takes an answer.
func (c *cloudFormation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Error(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Method != http.MethodPut || !strings.Contains(r.URL.RawQuery, cfnSecret) {
		c.t.Errorf("%s %s: want a PUT with the signature", r.Method, r.URL)
	}
	c.bodies, c.headers = append(c.bodies, string(body)), append(c.headers, r.Header)
	c.hosts = append(c.hosts, "http "+r.Host)
	if len(c.status) > 0 {
		if c.status[0] == http.StatusFound {
			w.Header().Set("Location", "https://example.com/stolen?"+cfnSecret)
		}
		w.WriteHeader(c.status[0])
		c.status = c.status[1:]
	}
}

// cfnAnswer is an answer as CloudFormation reads it.
type cfnAnswer struct {
	Status, Reason, PhysicalResourceId, StackId, RequestId, LogicalResourceId string
	Data                                                                      map[string]string
}

// cfnRequest is a request of CloudFormation.
type cfnRequest map[string]any

func create(request string, ports ...string) cfnRequest {
	var rules []any
	for _, p := range ports {
		from := "10.0.0.0/8"
		if p == "22" {
			from = "0.0.0.0/0" // which the built-in guardrails refuse
		}
		rules = append(rules, map[string]any{"ports": p, "from": []any{from}})
	}
	return cfnRequest{
		"RequestType": "Create", "RequestId": request,
		"LogicalResourceId": "Ports", "ResourceType": "Custom::SgkeeperLaunch",
		"ResponseURL":        "https://" + cfnBucket + "/arn%3Aaws%7CPorts?" + cfnSecret,
		"StackId":            "arn:aws:cloudformation:us-east-1:111122223333:stack/serve/8a3f0f10",
		"ResourceProperties": map[string]any{"ServiceToken": functionARN + ":stack", "group": group, "rules": rules},
	}
}

func update(request, physical string, old cfnRequest, ports ...string) cfnRequest {
	r := create(request, ports...)
	r["RequestType"], r["PhysicalResourceId"], r["OldResourceProperties"] = "Update", physical,
		old["ResourceProperties"]
	return r
}

func remove(request, physical string, of cfnRequest) cfnRequest {
	return cfnRequest{
		"RequestType": "Delete", "RequestId": request, "PhysicalResourceId": physical,
		"LogicalResourceId": of["LogicalResourceId"],
		"ResourceType":      of["ResourceType"], "ResponseURL": of["ResponseURL"], "StackId": of["StackId"],
		"ResourceProperties": of["ResourceProperties"],
	}
}

// deliver invokes the function once, by an alias.
func (c *cloudFormation) deliver(alias string, r cfnRequest) (string, error) {
	c.t.Helper()
	payload, err := json.Marshal(r)
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(lambdaBy(c.t, functionARN+alias), 20*time.Second)
	defer cancel()
	reply, err := c.handler.Invoke(ctx, payload)
	if text := string(reply) + fmt.Sprint(err) + c.log.String(); strings.Contains(text, "5ca1ab1e") {
		c.t.Errorf("the response URL is in %s", text)
	}
	return string(reply), err
}

// send delivers a request, and returns the only answer to it.
func (c *cloudFormation) send(r cfnRequest) (a cfnAnswer) {
	c.t.Helper()
	before := len(c.bodies)
	if _, err := c.deliver(":stack", r); err != nil {
		c.t.Fatal(err)
	}
	if len(c.bodies) != before+1 {
		c.t.Fatalf("%d answers, want 1", len(c.bodies)-before)
	}
	return c.answer(r)
}

// answer returns the last answer, which must be to a request.
func (c *cloudFormation) answer(r cfnRequest) (a cfnAnswer) {
	c.t.Helper()
	body := c.bodies[len(c.bodies)-1]
	if err := json.Unmarshal([]byte(body), &a); err != nil || len(body) > 4096 {
		c.t.Fatalf("%d bytes: %s: %v", len(body), body, err)
	}
	same := a.RequestId == r["RequestId"] && a.StackId == r["StackId"] && a.LogicalResourceId == r["LogicalResourceId"]
	if !same || a.PhysicalResourceId == "" {
		c.t.Errorf("answer %+v to %v", a, r)
	}
	return a
}

// ports returns the first ports of the group's rules.
func (c *cloudFormation) ports() (ports []int) {
	for _, r := range c.account.Rules(group) {
		if r.Protocol == "tcp" {
			ports = append(ports, r.FromPort)
		}
	}
	slices.Sort(ports)
	return ports
}

func (c *cloudFormation) wantPorts(want ...int) {
	c.t.Helper()
	if got := c.ports(); !slices.Equal(got, want) {
		c.t.Errorf("ports %v, want %v", got, want)
	}
}

// TestCustomResource tests custom resources with the real handler on an embedded account, and
// prints a count.
func TestCustomResource(t *testing.T) {
	passed, failed := 0, 0
	for _, row := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"create, update and delete", stackLife},
		{"refused", stackRefused},
		{"a long reason", stackReason},
		{"the launch of another program", stackDeletesOnlyItsOwn},
		{"retry", stackRetry},
		{"delete while EC2 fails", stackDeleteRecorded},
		{"a lost answer", stackAnswers},
		{"a hostile URL", stackHostile},
		{"other aliases and payloads", stackAlias},
		{"the example of docs/launchers.md", stackExample},
	} {
		if t.Run(row.name, row.run) {
			passed++
		} else {
			failed++
		}
	}
	fmt.Printf("custom resource: %d passed, %d failed\n", passed, failed)
}

// stackExample: CloudFormation can create the resource of docs/launchers.md.
func stackExample(t *testing.T) {
	page, err := os.ReadFile("../../../docs/launchers.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "<!-- run: cloudformation -->\n```yaml\n")
	text, _, found := strings.Cut(rest, "```")
	var resources map[string]struct {
		Type       string         `yaml:"Type"`
		Properties map[string]any `yaml:"Properties"`
	}
	if err := yaml.Unmarshal([]byte(text), &resources); err != nil || !found {
		t.Fatalf("the example is found: %v, %v", found, err)
	}
	c := newCloudFormation(t)
	r := create("r-1")
	r["ResourceType"], r["ResourceProperties"] = resources["Ports"].Type, resources["Ports"].Properties
	if a := c.send(r); a.Status != "SUCCESS" {
		t.Errorf("the answer is %+v, want SUCCESS", a)
	}
}

// stackLife: a stack creates, updates and deletes a launch.
func stackLife(t *testing.T) {
	c := newCloudFormation(t)
	first := create("r-1", "8000", "8005")
	a := c.send(first)
	if a.Status != "SUCCESS" || !strings.HasPrefix(a.PhysicalResourceId, "cfn-Ports-") ||
		a.Data["Launch"] != a.PhysicalResourceId || a.Data["Group"] != group {
		t.Fatalf("create: %+v", a)
	}
	c.wantPorts(8000, 8005)
	h := c.headers[0]
	if h.Get("Content-Type") != "" || c.hosts[0] != "tls "+cfnBucket || c.hosts[1] != "http "+cfnBucket {
		t.Errorf("answered with %v to %v: want no Content-Type, and %s", h, c.hosts, cfnBucket)
	}
	if again := c.send(first); again.Status != "SUCCESS" || again.PhysicalResourceId != a.PhysicalResourceId {
		t.Errorf("the request once more: %+v", again)
	}
	c.wantPorts(8000, 8005)

	same := c.send(update("r-2", a.PhysicalResourceId, first, "8005", "8000"))
	if same.Status != "SUCCESS" || same.PhysicalResourceId != a.PhysicalResourceId {
		t.Errorf("an update without a change: %+v", same)
	}

	next := update("r-3", a.PhysicalResourceId, first, "8000", "8007")
	b := c.send(next)
	if b.Status != "SUCCESS" || b.PhysicalResourceId == a.PhysicalResourceId {
		t.Fatalf("an update with a change: %+v", b)
	}
	c.wantPorts(8000, 8005, 8007)
	if d := c.send(remove("r-4", a.PhysicalResourceId, first)); d.Status != "SUCCESS" {
		t.Errorf("delete of the old launch: %+v", d)
	}
	c.wantPorts(8000, 8007)

	d := c.send(remove("r-5", b.PhysicalResourceId, next))
	if d.Status != "SUCCESS" || d.PhysicalResourceId != b.PhysicalResourceId {
		t.Errorf("delete: %+v", d)
	}
	c.wantPorts()
	if d := c.send(remove("r-5", b.PhysicalResourceId, next)); d.Status != "SUCCESS" {
		t.Errorf("delete once more: %+v", d)
	}
}

// stackRefused: the stack's events show why sgkeeper refuses a launch. Nothing is open, and
// the deletes of the rollback succeed.
func stackRefused(t *testing.T) {
	c := newCloudFormation(t)
	refused := create("r-1", "8000", "22")
	a := c.send(refused)
	if a.Status != "FAILED" || !strings.Contains(a.Reason, "/rules/1/from/0: ") || !strings.Contains(a.Reason, "SSH") {
		t.Errorf("create: %+v", a)
	}
	c.wantPorts()
	if d := c.send(remove("r-2", a.PhysicalResourceId, refused)); d.Status != "SUCCESS" {
		t.Errorf("delete after the failure: %+v", d)
	}
	wrong := create("r-3", "99999")
	w := c.send(wrong)
	if w.Status != "FAILED" || !strings.Contains(w.Reason, "/ResourceProperties/rules/0/ports: ") {
		t.Errorf("wrong properties: %+v", w)
	}
	if d := c.send(remove("r-4", w.PhysicalResourceId, wrong)); d.Status != "SUCCESS" {
		t.Errorf("delete after wrong properties: %+v", d)
	}
	foreign := remove("r-5", "serve-Ports-1A2B3C", wrong) // the id that CloudFormation makes if no answer comes
	if d := c.send(foreign); d.Status != "SUCCESS" {
		t.Errorf("delete of a resource that was never created: %+v", d)
	}

	first := create("r-6", "8000")
	live := c.send(first)
	u := c.send(update("r-7", live.PhysicalResourceId, first, "8000", "22"))
	if u.Status != "FAILED" || u.PhysicalResourceId != live.PhysicalResourceId {
		t.Errorf("a refused update: %+v, want the id %s", u, live.PhysicalResourceId)
	}
	c.wantPorts(8000)
}

// stackReason: an answer has at most 4,096 bytes, also if the properties have many faults.
func stackReason(t *testing.T) {
	c := newCloudFormation(t)
	var many []string
	for range 200 {
		many = append(many, "\u20ac<>\"")
	}
	if a := c.send(create("r-1", many...)); a.Status != "FAILED" || len(a.Reason) < 500 {
		t.Errorf("status %s, a reason of %d bytes", a.Status, len(a.Reason))
	}
}

// stackDeletesOnlyItsOwn: no delete ends a launch that no stack has made.
func stackDeletesOnlyItsOwn(t *testing.T) {
	c := newCloudFormation(t)
	if o := c.outcome(bare("mine", 8000)); o.Status != events.Ensured {
		t.Fatalf("%+v", o)
	}
	if d := c.send(remove("r-1", "mine", create("r-0", "8000"))); d.Status != "SUCCESS" {
		t.Errorf("delete: %+v", d)
	}
	c.wantPorts(8000)
}

// stackRetry: if EC2 fails, the invocation fails, so that Lambda repeats it. The repeated
// request finds its own launch. The last one gives up, and ends the launch.
func stackRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newStackRig(t)
		broken := true
		c.account.Inject(func(op fakeaws.Op) (bool, error) {
			if broken && strings.HasPrefix(op.Name, "AuthorizeSecurityGroup") {
				return false, &fakeaws.Error{Code: "InternalError", Message: "try again", Status: 500}
			}
			return true, nil
		})
		first := create("r-1", "8000")
		if reply, err := c.deliver(":stack", first); err == nil || len(c.bodies) > 0 {
			t.Fatalf("answered %v, reply %s, %v; want an error for Lambda", c.bodies, reply, err)
		}
		time.Sleep(70 * time.Second)
		broken = false
		if a := c.send(first); a.Status != "SUCCESS" {
			t.Errorf("the second invocation: %+v", a)
		}
		c.wantPorts(8000)

		broken = true
		late := create("r-2", "8005")
		for range 2 {
			if _, err := c.deliver(":stack", late); err == nil {
				t.Fatal("no error for Lambda")
			}
			time.Sleep(100 * time.Second)
		}
		a := c.send(late)
		if a.Status != "FAILED" || !strings.Contains(a.Reason, "has not served the launch within 2m30s") {
			t.Errorf("the last invocation: %+v", a)
		}
		broken = false
		time.Sleep(time.Hour)
		c.invoke(`{"sgkeeper":"sweep"}`)
		c.wantPorts(8000)
	})
}

// stackDeleteRecorded: a delete succeeds once the end is on record, because sgkeeper then closes
// the rules when EC2 works again.
func stackDeleteRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newStackRig(t)
		first := create("r-1", "8000")
		a := c.send(first)
		fails := "EC2"
		c.account.Inject(func(op fakeaws.Op) (bool, error) {
			if fails == "EC2" && op.Service == "ec2" || fails == "table" && op.Service == "dynamodb" {
				return false, &fakeaws.Error{Code: "InternalServerError", Message: "try again", Status: 500}
			}
			return true, nil
		})
		if d := c.send(remove("r-2", a.PhysicalResourceId, first)); d.Status != "SUCCESS" {
			t.Errorf("delete without EC2: %+v", d)
		}
		c.wantPorts(8000)
		fails = ""
		time.Sleep(time.Hour)
		c.invoke(`{"sgkeeper":"sweep"}`)
		c.wantPorts()

		second := create("r-3", "8000")
		b := c.send(second)
		fails = "table"
		if _, err := c.deliver(":stack", remove("r-4", b.PhysicalResourceId, second)); err == nil {
			t.Error("delete without the table: no error for Lambda")
		}
		fails = ""
		if d := c.send(remove("r-4", b.PhysicalResourceId, second)); d.Status != "SUCCESS" {
			t.Errorf("delete: %+v", d)
		}
		c.wantPorts()
	})
}

// stackAnswers: a lost answer is sent again. A refused one is not.
func stackAnswers(t *testing.T) {
	c := newCloudFormation(t)
	c.status = []int{503, 500}
	if _, err := c.deliver(":stack", create("r-1", "8000")); err != nil || len(c.bodies) != 3 {
		t.Errorf("%v, %d answers, want 3", err, len(c.bodies))
	}
	c.bodies, c.status = nil, []int{503, 503, 503}
	if _, err := c.deliver(":stack", create("r-1", "8000")); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("%v, want an error for Lambda", err)
	}
	working := c.handler.Callback
	c.handler.Callback = &http.Client{Transport: brokenTransport{}}
	if _, err := c.deliver(":stack", create("r-1", "8000")); err == nil ||
		!strings.Contains(err.Error(), "the line is cut") {
		t.Errorf("%v, want an error for Lambda", err)
	}
	c.handler.Callback = working
	for _, status := range []int{http.StatusForbidden, http.StatusFound} { // expired, and a redirect
		c.bodies, c.status = nil, []int{status}
		if _, err := c.deliver(":stack", create("r-1", "8000")); err == nil || len(c.bodies) != 1 {
			t.Errorf("status %d: %v, %d answers, want 1", status, err, len(c.bodies))
		}
	}
}

type brokenTransport struct{}

func (brokenTransport) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("the line is cut")
}

// stackHostile: a payload with a foreign URL gets no answer, and opens nothing.
func stackHostile(t *testing.T) {
	c := newCloudFormation(t)
	for _, to := range []string{
		"https://example.com/?" + cfnSecret, "http://" + cfnBucket + "/?" + cfnSecret,
		"https://169.254.169.254/?" + cfnSecret,
		"https://cloudformation-custom-resource-response-evil.s3.us-east-1.amazonaws.com/?" + cfnSecret,
	} {
		r := create("r-1", "8000")
		r["ResponseURL"] = to
		reply, err := c.deliver(":stack", r)
		if err != nil || !strings.Contains(reply, `"rejected"`) || !strings.Contains(reply, "/ResponseURL") {
			t.Errorf("%s: %s, %v", to, reply, err)
		}
	}
	c.wantPorts()
	if len(c.hosts) > 0 {
		t.Errorf("the function connected to %v", c.hosts)
	}
}

// stackAlias: requests of CloudFormation come by the alias of stacks alone, which takes
// nothing else.
func stackAlias(t *testing.T) {
	c := newCloudFormation(t)
	for _, alias := range []string{"", ":live", ":queue"} {
		reply, err := c.deliver(alias, create("r-1", "8000"))
		if err != nil || !strings.Contains(reply, `"rejected"`) || !strings.Contains(reply, "no known shape") {
			t.Errorf("by %q: %s, %v", alias, reply, err)
		}
	}
	for _, payload := range []string{
		bare("a", 8000), `{"sgkeeper":"sweep"}`, `{"sgkeeper":"wait","end":{"launch":"a"}}`,
		`{"Records":[{"eventSource":"aws:sqs","eventSourceARN":"` + eventQueue + `","messageId":"1","body":"{}"}]}`,
	} {
		reply, err := c.handler.Invoke(lambdaBy(t, functionARN+":stack"), []byte(payload))
		if err != nil || !strings.Contains(string(reply), `"rejected"`) {
			t.Errorf("%s: %s, %v", payload, reply, err)
		}
	}
	c.wantPorts()
	if len(c.bodies) > 0 {
		t.Errorf("answered %v", c.bodies)
	}
}
