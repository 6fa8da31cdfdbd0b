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
	values "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
)

const motoAccount = "123456789012"

// TestProcesses has compiled functions race on DynamoDB Local and moto, each in its own process.
// Some processes are killed during a pass. At rest, the test compares the engines with the rules
// that the launches request, without sgkeeper's code.
//
// DynamoDB Local decides the lease. moto only stands in for EC2, so its behavior in a race proves
// nothing.
func TestProcesses(t *testing.T) {
	s := newScene(t, moto, &fleet{plan: faultPlan{faults: kills}, steps: &steps{}}, groupCount)
	dice := rand.New(rand.NewPCG(4, 32))
	requests := draw(dice, s.groups)
	s.fleet.history = newHistory()
	s.fleet.run(t, processes)

	stop := s.fleet.history.watch(s.client, s.groups)
	s.openAndEnd(t, dice, requests)
	stop()
	steps, operations := s.fleet.steps.check(t), s.fleet.history.check(t, requests)
	if !t.Failed() {
		ran.add("Real processes", &engine{name: "DynamoDB Local and moto",
			version: dynamodbLocal.version + ", " + moto.version}, launchCount, 0)
		ran.say("processes: %d functions, %d launches, %d killed, %d calls, 0 violations", processes, launchCount,
			len(kills), s.fleet.calls.Load())
		ran.say("history: %d operations, linearizable", operations)
		ran.say("trace: %d steps of %d functions conform to the protocol", steps, processes)
	}
}

// openAndEnd sends the events of the launches, waits until the engines are at rest, and then ends
// all live launches. It fails the test if the engines or the bus have another result.
func (s *scene) openAndEnd(t *testing.T, dice *rand.Rand, requests []*request) {
	t.Helper()
	began := time.Now()
	all := messages(dice, requests)
	s.fleet.history.called(requests, false)
	s.fleet.queue.send(all...)
	s.settle(t, requests)
	t.Logf("at rest after %s", time.Since(began).Round(time.Millisecond))
	s.checkAnnounced(t, requests, "Ports Ensured", func(w *request) bool { return !w.ended })

	var ends []string
	last := slices.DeleteFunc(slices.Clone(requests), func(w *request) bool { return w.ended })
	for i, w := range last {
		w.ended = true
		ends = append(ends, w.end(i%2 == 0))
	}
	s.fleet.history.called(last, true)
	s.fleet.queue.send(ends...)
	s.settle(t, requests)
	t.Logf("all ended after %s", time.Since(began).Round(time.Millisecond))
	s.checkAnnounced(t, last, "Ports Released", func(*request) bool { return true })

	if late := s.fleet.late.Load(); late > 0 {
		t.Errorf("%d invocations were not done by their deadline", late)
	}
	if n, planned := int(s.fleet.killed.Load()+s.fleet.lost.Load()), len(s.fleet.plan.faults); n != planned {
		t.Errorf("%d of %d planned faults took place; requests: %v", n, planned, s.fleet.plan.seen)
	}
	for _, violation := range s.fleet.violations {
		t.Error(violation)
	}
}

// scene is the engines with some groups, each with two foreign rules.
type scene struct {
	fleet   *fleet
	within  time.Duration // limit from the last fault until the engines are at rest
	client  *ec2.Client
	groups  []string
	foreign map[string][]string // by group, as described at the start
}

// foreignRules are a rule that launches also request, and one that they do not request.
var foreignRules = []types.IpPermission{
	described(permission("tcp", 8000, 8000, "0.0.0.0/0"), "by hand"),
	described(permission("tcp", 22, 22, "192.0.2.0/24"), "office"),
}

func newScene(t *testing.T, on *engine, f *fleet, groups int) *scene {
	t.Helper()
	s := &scene{fleet: f, within: time.Minute, client: ec2.NewFromConfig(on.config(t))}
	s.foreign = make(map[string][]string)
	f.program, f.dynamodb, f.ec2 = buildFunction(t), dynamodbLocal.start(t), on.start(t)
	f.table, f.account = t.Name(), motoAccount
	f.queue, f.announced = newQueue(), make(map[string]map[string]bool)
	if _, err := dynamodb.NewFromConfig(dynamodbLocal.config(t)).CreateTable(t.Context(),
		dynamo.Definition(s.fleet.table)); err != nil {
		t.Fatal(err)
	}
	vpc := newVPC(t, on, s.client)
	for range groups {
		d := newEC2Client(t, s.client, vpc)
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

const sweepEvery = 500 * time.Millisecond

// settle waits until every message is answered, and then sweeps until the engines are at rest. It
// fails the test if they are not within the time limit. Each fault begins it anew: the holders of one
// group may be killed one after another, and the next one waits for each lease to expire.
func (s *scene) settle(t *testing.T, requests []*request) {
	t.Helper()
	began, tick := time.Now(), time.NewTicker(sweepEvery)
	defer tick.Stop()
	for idle := false; ; {
		var wrong []string
		if idle {
			if wrong = append(s.wrong(t, requests), s.unserved(t)...); len(wrong) == 0 {
				return
			}
		}
		select {
		case <-s.fleet.queue.idle:
			idle = true
		case <-tick.C:
			if idle {
				s.fleet.queue.send(sweep)
				idle = false
			}
		}
		if s.fleet.plan.quiet(began) > s.within {
			wrong := append(s.wrong(t, requests), s.unserved(t)...)
			t.Fatalf("not at rest %s after the last fault; answered: %v; %d wrong:\n%s\nrequests: %v\nviolations: "+
				"%v\noutput of one function:\n%s", s.within, idle,
				len(wrong), strings.Join(wrong[:min(9, len(wrong))],
					"\n"), s.fleet.plan.seen, s.fleet.violations, s.fleet.anyOutput())
		}
		if late := s.fleet.queue.overdue(); len(late) > 0 {
			t.Fatalf("delivered more than %d times: %v", maxTries, late)
		}
	}
}

// wrong lists the differences between the described rules and the expected ones.
func (s *scene) wrong(t *testing.T, requests []*request) (all []string) {
	t.Helper()
	for _, group := range s.groups {
		d := &ec2Client{ctx: t.Context(), client: s.client, group: group}
		missing := desired(requests, group)
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
			case !missing[rule] || aws.ToInt32(r.ToPort) != rule.port || aws.ToString(r.IpProtocol) != "tcp" ||
				aws.ToBool(r.IsEgress):
				all = append(all, fmt.Sprintf("%s: no launch needs %s", group, line))
			}
			seen[rule] = true
			delete(missing, rule)
		}
		for rule := range missing {
			all = append(all, fmt.Sprintf("%s: missing: tcp %d from %s", group, rule.port, rule.peer))
		}
		for _, rule := range foreign {
			all = append(all, fmt.Sprintf("%s: a foreign rule changed: %s", group, rule))
		}
	}
	return all
}

// unserved are the groups with a held lease or with an unserved ticket.
func (s *scene) unserved(t *testing.T) (all []string) {
	t.Helper()
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(dynamodbLocal.config(t)), &dynamodb.ScanInput{
		TableName:                 &s.fleet.table,
		FilterExpression:          aws.String("sk = :head AND (want <> applied OR attribute_exists(own))"),
		ExpressionAttributeValues: map[string]values.AttributeValue{":head": &values.AttributeValueMemberS{Value: "HEAD"}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, head := range page.Items {
			all = append(all, fmt.Sprintf("held, or a ticket is unserved: %v", head))
		}
	}
	return all
}

// checkAnnounced checks that an event of that type names each launch.
func (s *scene) checkAnnounced(t *testing.T, requests []*request, detailType string, of func(*request) bool) {
	t.Helper()
	for _, w := range requests {
		if of(w) && !s.fleet.wasAnnounced(detailType, w.launch) {
			t.Errorf("%s of %s was never announced: %s", detailType, w.launch, w.group)
		}
	}
}
