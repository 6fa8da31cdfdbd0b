package conformance_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/dynamo"
)

const motoAccount = "123456789012"

// TestProcesses has compiled functions, as processes of their own, race on
// DynamoDB Local and moto, some of them killed in the middle. What must hold at
// rest is read from the engines, by rules that are plain arithmetic here.
//
// moto serves as the EC2 that they write to, not as proof that only one of them
// writes at a time: that is DynamoDB Local's part.
func TestProcesses(t *testing.T) {
	s := newScene(t)
	dice := rand.New(rand.NewPCG(4, 32))
	wishes := draw(dice, s.groups)
	s.fleet.run(t, processes)

	began := time.Now()
	s.fleet.queue.send(messages(dice, wishes)...)
	s.settle(t, wishes)
	t.Logf("at rest after %s", time.Since(began).Round(time.Millisecond))
	s.checkTold(t, wishes, "Ports Ensured", func(w *wish) bool { return !w.ended })

	var ends []string
	last := slices.DeleteFunc(slices.Clone(wishes), func(w *wish) bool { return w.ended })
	for i, w := range last {
		w.ended = true
		ends = append(ends, w.end(i%2 == 0))
	}
	s.fleet.queue.send(ends...)
	s.settle(t, wishes)
	t.Logf("all ended after %s", time.Since(began).Round(time.Millisecond))
	s.checkTold(t, last, "Ports Released", func(*wish) bool { return true })

	if late := s.fleet.late.Load(); late > 0 {
		t.Errorf("%d functions were not done by their deadline", late)
	}
	if killed := int(s.fleet.killed.Load()); killed != len(kills) {
		t.Errorf("%d of %d kills took place", killed, len(kills))
	}
	for _, fault := range s.fleet.faults {
		t.Error(fault)
	}
	if !t.Failed() {
		ran.add("Real processes", &engine{name: "DynamoDB Local and moto", version: dynamodbLocal.version + ", " + moto.version}, launchCount, 0)
		ran.say("processes: %d functions, %d launches, %d killed, %d calls, 0 violations", processes, launchCount, len(kills), s.fleet.calls.Load())
	}
}

// scene is the engines with some groups, each with two rules that are not ours.
type scene struct {
	fleet   *fleet
	client  *ec2.Client
	groups  []string
	foreign map[string][]string // by group, as described at the start
}

// foreign is a rule that launches also ask for, and one that they do not.
var foreignRules = []types.IpPermission{
	described(permission("tcp", 8000, 8000, "0.0.0.0/0"), "by hand"), described(permission("tcp", 22, 22, "192.0.2.0/24"), "office"),
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{client: ec2.NewFromConfig(moto.config(t)), foreign: make(map[string][]string)}
	s.fleet = &fleet{
		program: buildFunction(t), dynamodb: dynamodbLocal.start(t), ec2: moto.start(t), table: "processes", account: motoAccount,
		queue: newQueue(), told: make(map[string]map[string]bool),
	}
	if _, err := dynamodb.NewFromConfig(dynamodbLocal.config(t)).CreateTable(t.Context(), dynamo.Definition(s.fleet.table)); err != nil {
		t.Fatal(err)
	}
	vpc := newVPC(t, moto, s.client)
	for range groupCount {
		d := newDesk(t, s.client, vpc)
		s.groups = append(s.groups, d.group)
		s.tag(t, d.group)
		if _, err := d.authorize(foreignRules...); err != nil {
			t.Fatal(err)
		}
		for _, r := range d.rules(d.group) {
			s.foreign[d.group] = append(s.foreign[d.group], aws.ToString(r.SecurityGroupRuleId)+" "+d.showRule(r))
		}
	}
	return s
}

func (s *scene) tag(t *testing.T, group string) {
	t.Helper()
	_, err := s.client.CreateTags(t.Context(), &ec2.CreateTagsInput{
		Resources: []string{group}, Tags: []types.Tag{{Key: aws.String("sgkeeper:managed"), Value: aws.String("true")}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

const (
	restWithin = 60 * time.Second
	sweepEvery = 500 * time.Millisecond
)

// settle waits until every message is answered, and then sweeps until the
// engines are at rest. What is wrong when the time is over is a violation.
func (s *scene) settle(t *testing.T, wishes []*wish) {
	t.Helper()
	over, tick := time.After(restWithin), time.NewTicker(sweepEvery)
	defer tick.Stop()
	for idle := false; ; {
		var wrong []string
		if idle {
			if wrong = s.wrong(t, wishes); len(wrong) == 0 {
				return
			}
		}
		select {
		case <-s.fleet.queue.idle:
			idle = true
		case <-tick.C:
			if idle {
				s.fleet.queue.send(`{"sgkeeper":"sweep"}`)
				idle = false
			}
		case <-over:
			wrong := s.wrong(t, wishes)
			t.Fatalf("not at rest within %s; answered: %v; %d wrong:\n%s\nrequests: %v\nfaults: %v\none function wrote:\n%s", restWithin, idle,
				len(wrong), strings.Join(wrong[:min(9, len(wrong))], "\n"), s.fleet.plan.seen, s.fleet.faults, s.fleet.anyOutput())
		}
		if late := s.fleet.queue.overdue(); len(late) > 0 {
			t.Fatalf("came more than %d times: %v", maxTries, late)
		}
	}
}

// wrong is what the engine describes and should not, or the other way round.
func (s *scene) wrong(t *testing.T, wishes []*wish) (all []string) {
	t.Helper()
	for _, group := range s.groups {
		d := &desk{ctx: t.Context(), client: s.client, group: group}
		missing := wanted(wishes, group)
		foreign := slices.Clone(s.foreign[group])
		seen := make(map[tuple]bool)
		for _, r := range d.rules(group) {
			rule := tuple{aws.ToInt32(r.FromPort), aws.ToString(r.CidrIpv4) + aws.ToString(r.CidrIpv6)}
			line := aws.ToString(r.SecurityGroupRuleId) + " " + d.showRule(r)
			i := slices.Index(foreign, line)
			switch {
			case seen[rule]:
				all = append(all, fmt.Sprintf("%s: twice: %s", group, line))
			case i >= 0:
				foreign = slices.Delete(foreign, i, i+1)
			case !missing[rule] || aws.ToInt32(r.ToPort) != rule.port || aws.ToString(r.IpProtocol) != "tcp" || aws.ToBool(r.IsEgress):
				all = append(all, fmt.Sprintf("%s: nobody needs %s", group, line))
			}
			seen[rule] = true
			delete(missing, rule)
		}
		for rule := range missing {
			all = append(all, fmt.Sprintf("%s: missing: tcp %d from %s", group, rule.port, rule.peer))
		}
		for _, rule := range foreign {
			all = append(all, fmt.Sprintf("%s: touched: %s", group, rule))
		}
	}
	return all
}

// checkTold has each launch named in an event of that type.
func (s *scene) checkTold(t *testing.T, wishes []*wish, detailType string, of func(*wish) bool) {
	t.Helper()
	for _, w := range wishes {
		if of(w) && !s.fleet.wasTold(detailType, w.launch) {
			t.Errorf("%s of %s was never told: %s", detailType, w.launch, w.group)
		}
	}
}
