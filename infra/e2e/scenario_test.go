package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// run runs all steps in order.
func (w *world) run(t *testing.T) {
	w.start(t)
	step(t, "the CDK CLI deploys the stack", w.deploy)
	if w.observer == nil {
		t.Fatal("the deployment failed, so the other steps cannot run")
	}
	byItself := w.dynamodb == ""
	if byItself {
		w.hurryAudit(t)
	}
	group := w.newGroup(t, "shared")
	expiring := w.newGroup(t, "expiring")
	w.publish(t, requested, expires(expiring))
	opened := step(t, "a launch by EventBridge opens its port", func(t *testing.T) {
		w.publish(t, requested, requestOf("a", group, 8000))
		w.observer.ensured(t, "a")
		w.wantIngress(t, group, "8000 from 10.0.0.0/8")
	})
	if !opened {
		t.Fatal("the first launch failed, so the other steps cannot run")
	}
	step(t, "a launch by SQS opens its port", func(t *testing.T) {
		w.send(t, requested, requestOf("b", group, 8001))
		w.observer.ensured(t, "b")
		w.wantIngress(t, group, "8000 from 10.0.0.0/8", "8001 from 10.0.0.0/8")
	})
	step(t, "the same events again change nothing", func(t *testing.T) { w.repeat(t, group) })
	step(t, "a port that is open for another launch is not opened twice", func(t *testing.T) {
		w.publish(t, requested, requestOf("c", group, 8000))
		w.observer.ensured(t, "c")
		w.wantIngress(t, group, "8000 from 10.0.0.0/8", "8001 from 10.0.0.0/8")
	})
	step(t, "24 launches race for 6 ports, each of which is opened once", func(t *testing.T) { w.race(t, group) })
	step(t, "a denied request is refused, and becomes no dead letter", func(t *testing.T) { w.refuse(t, group) })
	step(t, "ends close the rules that no launch needs, and no others", func(t *testing.T) { w.end(t, group) })
	step(t, "a message that fails five times is a dead letter, and a redrive serves it", w.poison)
	step(t, "a stopped installation receives nothing, and serves the messages after its start", w.stopAndStart)
	if !byItself {
		step(t, "a message starts the audit, which finds the port opened by hand", func(t *testing.T) {
			w.byHand(t, group, 3389, "0.0.0.0/0")
			w.sendTo(t, "audits", `{"sgkeeper":"audit"}`)
			w.audited(t, group)
		})
		return
	}
	step(t, "the schedule starts the audit, which finds the port opened by hand", func(t *testing.T) {
		w.byHand(t, group, 3389, "0.0.0.0/0")
		w.audited(t, group)
	})
	step(t, "the schedule starts the sweep, which closes expired rules", func(t *testing.T) {
		w.observer.released(t, "expiring", scheduled)
		w.wantIngress(t, expiring)
	})
}

// expires is a launch's detail with an expiry. A sweep ends the launch within a minute of it.
func expires(group string) string {
	at := time.Now().Add(10 * time.Second).UTC().Format(time.RFC3339)
	return fmt.Sprintf(`{"expiresAt":%q,`, at) + requestOf("expiring", group, 8100)[1:]
}

// repeat publishes all events again, and waits until the queues are empty.
func (w *world) repeat(t *testing.T, group string) {
	before := w.proxy.count("AuthorizeSecurityGroupIngress")
	for range 3 {
		w.publish(t, requested, requestOf("a", group, 8000))
		w.send(t, requested, requestOf("b", group, 8001))
	}
	w.send(t, requested, requestOf("behind", group, 8001))
	w.observer.ensured(t, "behind")
	w.empty(t, "events")
	w.empty(t, "asks")
	if got := w.proxy.count("AuthorizeSecurityGroupIngress") - before; got > 0 {
		t.Errorf("%d calls of AuthorizeSecurityGroupIngress for open ports", got)
	}
	w.wantIngress(t, group, "8000 from 10.0.0.0/8", "8001 from 10.0.0.0/8")
}

// empty waits until a queue holds nothing.
func (w *world) empty(t *testing.T, queue string) {
	t.Helper()
	w.waits(t, queue, "nothing", func(a map[string]string) bool {
		return a["ApproximateNumberOfMessages"] == "0" && a["ApproximateNumberOfMessagesNotVisible"] == "0"
	})
}

// waits waits until the attributes of a queue are as wanted.
func (w *world) waits(t *testing.T, queue, want string, is func(attributes map[string]string) bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for tick := time.NewTicker(100 * time.Millisecond); ; <-tick.C {
		out, err := w.queues.GetQueueAttributes(t.Context(),
			&sqs.GetQueueAttributesInput{QueueUrl: w.queue(queue),
				AttributeNames: []types.QueueAttributeName{"ApproximateNumberOfMessages",
					"ApproximateNumberOfMessagesNotVisible"}})
		if err != nil {
			t.Fatal(err)
		}
		if is(out.Attributes) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s holds %v after %s, want %s", queue, out.Attributes, patience, want)
		}
	}
}

func (w *world) race(t *testing.T, group string) {
	const launches, ports = 24, 6
	before := w.proxy.count("AuthorizeSecurityGroupIngress")
	var all sync.WaitGroup
	for i := range launches {
		all.Go(func() {
			detail := requestOf(fmt.Sprint("race-", i), group, 9000+2*(i%ports))
			if i%2 == 0 {
				w.publish(t, requested, detail)
			} else {
				w.send(t, requested, detail)
			}
		})
	}
	all.Wait()
	want := []string{"8000 from 10.0.0.0/8", "8001 from 10.0.0.0/8"}
	for i := range launches {
		w.observer.ensured(t, fmt.Sprint("race-", i))
	}
	for i := range ports {
		want = append(want, fmt.Sprintf("%d from 10.0.0.0/8", 9000+2*i))
	}
	w.wantIngress(t, group, want...)
	if got := w.proxy.count("AuthorizeSecurityGroupIngress") - before; got > ports {
		t.Errorf("%d calls to open %d ports", got, ports)
	}
}

func (w *world) refuse(t *testing.T, group string) {
	w.publish(t, requested, fmt.Sprintf(`{"launch":"ssh","group":%q,"rules":[{"ports":22,"from":["0.0.0.0/0"]}]}`,
		group))
	refusal := w.observer.until(t, "Launch Rejected for ssh", patience,
		func(p published) bool { return p.about("Launch Rejected", "ssh") })
	if len(refusal.Detail.Reasons) != 1 || !strings.HasPrefix(refusal.Detail.Reasons[0].Field, "/rules") {
		t.Errorf("it is refused for %+v, want one reason at /rules", refusal.Detail.Reasons)
	}
	w.empty(t, "events-dead")
}

func (w *world) end(t *testing.T, group string) {
	for i := range 24 {
		w.publish(t, ended, endOf(fmt.Sprint("race-", i)))
	}
	for i := range 24 {
		w.observer.released(t, fmt.Sprint("race-", i), patience)
	}
	w.publish(t, ended, endOf("a")) // c still needs its port
	w.observer.released(t, "a", patience)
	w.wantIngress(t, group, "8000 from 10.0.0.0/8", "8001 from 10.0.0.0/8")
	for _, launch := range []string{"b", "behind", "c"} {
		w.send(t, ended, endOf(launch))
		w.observer.released(t, launch, patience)
	}
	w.wantIngress(t, group)
}

// poison publishes a launch for a group whose calls fail.
func (w *world) poison(t *testing.T) {
	group := w.newGroup(t, "poison")
	w.proxy.setFailing(group)
	w.publish(t, requested, requestOf("poisoned", group, 8200))
	w.holds(t, "events-dead", "1")
	w.publish(t, requested, requestOf("healthy", w.newGroup(t, "healthy"), 8201))
	w.observer.ensured(t, "healthy")
	w.holds(t, "events-dead", "1") // nothing takes it from there until a person redrives it
	w.proxy.setFailing("")
	w.wantIngress(t, group)
	w.redrive(t, "--enabled")
	w.observer.ensured(t, "poisoned")
	w.wantIngress(t, group, "8200 from 10.0.0.0/8")
	w.empty(t, "events-dead")
	w.redrive(t, "--no-enabled")
}

// redrive enables or disables the mapping by which ensure takes dead letters of events, as
// docs/deploy.md says.
func (w *world) redrive(t *testing.T, enabled string) {
	t.Helper()
	w.aws(t, "lambda", "update-event-source-mapping", "--uuid", w.outputs["DeadEventsMappingId"], enabled)
}

// holds waits until a queue has that number of messages.
func (w *world) holds(t *testing.T, queue, want string) {
	t.Helper()
	w.waits(t, queue, "ApproximateNumberOfMessages="+want,
		func(a map[string]string) bool { return a["ApproximateNumberOfMessages"] == want })
}

// aws runs the AWS CLI against MiniStack.
func (w *world) aws(t *testing.T, args ...string) (stdout []byte) {
	t.Helper()
	cmd := exec.Command(installed(t, "aws", "bin", "aws"), append([]string{"--output", "json", "--endpoint-url", w.url},
		args...)...)
	cmd.Env = append(outside(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_DEFAULT_REGION="+region)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("aws %s %s: %v\n%s", args[0], args[1], err, out)
	}
	return out
}

// hurryAudit makes the audit's schedule run each minute.
func (w *world) hurryAudit(t *testing.T) {
	const name = "sgkeeper-audit-schedule"
	var schedule struct{ Target map[string]any }
	if err := json.Unmarshal(w.aws(t, "scheduler", "get-schedule", "--name", name), &schedule); err != nil {
		t.Fatal(err)
	}
	target, err := json.Marshal(schedule.Target)
	if err != nil {
		t.Fatal(err)
	}
	w.aws(t, "scheduler", "update-schedule", "--name", name, "--schedule-expression", "rate(1 minute)",
		"--flexible-time-window", "Mode=OFF", "--target", string(target))
}

// audited waits until an event and the report show port 3389 open to the world.
func (w *world) audited(t *testing.T, group string) {
	drift := w.observer.until(t, "Drift Detected for port 3389", scheduled, func(p published) bool {
		return p.Type == "Drift Detected" && p.Detail.Rule.FromPort == 3389
	})
	if drift.Detail.Kind != "world-open-sensitive" {
		t.Errorf("the drift is %s, want world-open-sensitive", drift.Detail.Kind)
	}
	completed := w.observer.until(t, "Audit Completed", patience,
		func(p published) bool { return p.Type == "Audit Completed" && p.Detail.All })
	if completed.Detail.Report == "" {
		t.Error("the audit names no report")
	}
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(w.outputs["ReportsUri"], "s3://"), "/")
	latest, err := w.objects.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket,
		Key: aws.String(prefix + "/latest.json")})
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(latest.Body)
	if err != nil || !strings.Contains(string(text), group) || !strings.Contains(string(text), "world-open-sensitive") {
		t.Errorf("latest.json, %v: %.400s; want the group and its drift", err, text)
	}
	w.wantIngress(t, group, "3389 from 0.0.0.0/0") // the audit changes nothing
}
