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

// TestProcesses has compiled functions, as processes of their own, race on
// DynamoDB Local and moto, some of them killed in the middle. What must hold at
// rest is read from the engines, by rules that are plain arithmetic here.
//
// moto serves as the EC2 that they write to, not as proof that only one of them
// writes at a time: that is DynamoDB Local's part.
func TestProcesses(t *testing.T) {
	s := newScene(t, moto, &fleet{plan: deaths{kills: kills}}, groupCount)
	dice := rand.New(rand.NewPCG(4, 32))
	wishes := draw(dice, s.groups)
	s.fleet.run(t, processes)

	s.openAndEnd(t, dice, wishes)
	if !t.Failed() {
		ran.add("Real processes", &engine{name: "DynamoDB Local and moto",
			version: dynamodbLocal.version + ", " + moto.version}, launchCount, 0)
		ran.say("processes: %d functions, %d launches, %d killed, %d calls, 0 violations", processes, launchCount,
			len(kills), s.fleet.calls.Load())
	}
}

// openAndEnd sends what the launches say, waits for the engines to be at rest, and then
// ends all that are left. It fails the test if the engines or the bus say otherwise.
func (s *scene) openAndEnd(t *testing.T, dice *rand.Rand, wishes []*wish) {
	t.Helper()
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
	if struck, planned := int(s.fleet.killed.Load()+s.fleet.lost.Load()), len(s.fleet.plan.kills); struck != planned {
		t.Errorf("%d of %d kills and lost replies took place; requests: %v", struck, planned, s.fleet.plan.seen)
	}
	for _, fault := range s.fleet.faults {
		t.Error(fault)
	}
}

// scene is the engines with some groups, each with two rules that are not ours.
type scene struct {
	fleet   *fleet
	within  time.Duration // for which the engines may take to be at rest
	client  *ec2.Client
	groups  []string
	foreign map[string][]string // by group, as described at the start
}

// foreign is a rule that launches also request, and one that they do not.
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
	f.queue, f.told = newQueue(), make(map[string]map[string]bool)
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

// settle waits until every message is answered, and then sweeps until the
// engines are at rest. What is wrong when the time is over is a violation.
func (s *scene) settle(t *testing.T, wishes []*wish) {
	t.Helper()
	over, tick := time.After(s.within), time.NewTicker(sweepEvery)
	defer tick.Stop()
	for idle := false; ; {
		var wrong []string
		if idle {
			if wrong = append(s.wrong(t, wishes), s.unserved(t)...); len(wrong) == 0 {
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
		case <-over:
			wrong := append(s.wrong(t, wishes), s.unserved(t)...)
			t.Fatalf("not at rest within %s; answered: %v; %d wrong:\n%s\nrequests: %v\nfaults: "+
				"%v\none function wrote:\n%s", s.within, idle,
				len(wrong), strings.Join(wrong[:min(9, len(wrong))],
					"\n"), s.fleet.plan.seen, s.fleet.faults, s.fleet.anyOutput())
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
		d := &ec2Client{ctx: t.Context(), client: s.client, group: group}
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
			case !missing[rule] || aws.ToInt32(r.ToPort) != rule.port || aws.ToString(r.IpProtocol) != "tcp" ||
				aws.ToBool(r.IsEgress):
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

// unserved are the groups that a function holds, or that have a ticket nobody served.
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

// checkTold has each launch named in an event of that type.
func (s *scene) checkTold(t *testing.T, wishes []*wish, detailType string, of func(*wish) bool) {
	t.Helper()
	for _, w := range wishes {
		if of(w) && !s.fleet.wasTold(detailType, w.launch) {
			t.Errorf("%s of %s was never told: %s", detailType, w.launch, w.group)
		}
	}
}
