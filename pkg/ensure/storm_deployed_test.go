package ensure_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// deployment is how the stack runs the function: its timeout, and how the queue feeds it.
type deployment struct {
	life       time.Duration
	visibility time.Duration
	mapping    fakeaws.Mapping
}

// stack is the template that infra's tests compare with the stack's default settings.
const stack = "../../infra/testdata/installation.json"

// deployed reads the function's deployment from the stack.
func deployed(t *testing.T) deployment {
	t.Helper()
	text, err := os.ReadFile(stack)
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				FunctionName, QueueName        any // a text, or a reference
				Timeout, VisibilityTimeout     int
				BatchSize                      int
				MaximumBatchingWindowInSeconds int
				FunctionResponseTypes          []string
				EventSourceArn                 struct {
					GetAtt []string `json:"Fn::GetAtt"`
				}
				ScalingConfig struct{ MaximumConcurrency int }
			}
		}
	}
	if err := json.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	var d deployment
	for _, r := range template.Resources {
		switch p := r.Properties; {
		case r.Type == "AWS::Lambda::Function" && p.FunctionName == "sgkeeper-ensure":
			d.life = time.Duration(p.Timeout) * time.Second
		case r.Type == "AWS::SQS::Queue" && p.QueueName == "sgkeeper-events":
			d.visibility = time.Duration(p.VisibilityTimeout) * time.Second
		case r.Type == "AWS::Lambda::EventSourceMapping" &&
			template.Resources[p.EventSourceArn.GetAtt[0]].Properties.QueueName == "sgkeeper-events":
			d.mapping = fakeaws.Mapping{
				BatchSize: p.BatchSize, MaximumConcurrency: p.ScalingConfig.MaximumConcurrency,
				BatchWindow:           time.Duration(p.MaximumBatchingWindowInSeconds) * time.Second,
				PartialBatchResponses: len(p.FunctionResponseTypes) > 0,
			}
		}
	}
	if d.life == 0 || d.visibility == 0 || d.mapping.MaximumConcurrency == 0 || !d.mapping.PartialBatchResponses {
		t.Fatalf("%s: want a function, its queue and their mapping, got %+v", stack, d)
	}
	return d
}

// deployedStorm is a storm through the queue, with the bounds of its cost.
type deployedStorm struct {
	storm
	median, p99 time.Duration
	ec2         int // calls
}

// deployedStorms returns the rows of the table: all of them if -run names the test, three in CI, two
// otherwise. Five runs of the second row took 520 to 550 calls, with medians from 9 to 11 s and p99 of
// 60 s.
func deployedStorms(t *testing.T) []deployedStorm {
	rows := proof.Pick(t, 3, 2, 1)
	if proof.Of(t) == proof.Alone {
		rows = 4
	}
	return []deployedStorm{
		{storm{"as deployed", 1, 1, 0}, 135 * time.Millisecond, 135 * time.Millisecond, 2},
		{storm{"as deployed", 1000, 100, 5 * time.Second}, 15 * time.Second, 65 * time.Second, 650},
		{storm{"as deployed", 4000, 100, 2 * time.Minute}, time.Second, 30 * time.Second, 4600},
		{storm{"as deployed", 30_000, 100, 10 * time.Minute}, 15 * time.Second, 3 * time.Minute, 66_000},
	}[:rows]
}

// TestStormDeployed sends storms through the queue that the stack deploys. Its bounds of the calls
// and of the waits in virtual time have some room, because goroutines run in no fixed order.
func TestStormDeployed(t *testing.T) {
	t.Parallel()
	d := deployed(t)
	var table []passed
	for _, s := range deployedStorms(t) {
		t.Run(fmt.Sprintf("%d launches, %d groups, %v", s.Launches, s.Groups, s.Within), func(t *testing.T) {
			var p passed
			synctest.Test(t, func(t *testing.T) {
				const seed = 1
				f := newFleet(t, s.storm, fakeaws.Options{Latency: regional(seed), Seed: seed})
				p = f.through(d, seed)
			})
			fmt.Printf("%v, median %v, as deployed\n", p, p.Median.Round(time.Millisecond))
			if p.Served != p.Launches || p.Median > s.median || p.P99 > s.p99 || p.EC2 > s.ec2 {
				t.Errorf("%d of %d launches served, median %v, p99 %v, %d calls of EC2; want all, at most %v, %v and %d",
					p.Served, p.Launches, p.Median, p.P99, p.EC2, s.median, s.p99, s.ec2)
			}
			table = append(table, p)
			record(t, "deployed", table)
		})
	}
}

// through sends the storm through the queue, and returns once every launch is answered.
func (f *fleet) through(d deployment, seed uint64) passed {
	queue := f.addQueue(d)
	f.life, f.begun = d.life, time.Now()
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := f.account.Consume(ctx, queue, d.mapping, f.process); err != nil {
			f.t.Error(err)
		}
	})
	stopSweeps := f.sweep(bySgkeeper)
	arrivals := f.storm.arrivals(seed)
	for i, at := range arrivals {
		time.Sleep(time.Until(f.begun.Add(at)))
		if err := f.account.Send(queue, string(launch(name(i), f.groups[i%len(f.groups)], stormed(i)...))); err != nil {
			f.t.Fatal(err)
		}
	}
	select {
	case <-f.all:
	case <-time.After(10 * time.Minute):
	}
	stopSweeps()
	stop()
	running.Wait()
	return f.passed(bySgkeeper, arrivals)
}

func (f *fleet) addQueue(d deployment) (arn string) {
	_, err := awssqs.NewFromConfig(f.rig.config).CreateQueue(context.Background(), &awssqs.CreateQueueInput{
		QueueName: aws.String("launches"), Attributes: map[string]string{
			"VisibilityTimeout": strconv.Itoa(int(d.visibility.Seconds())),
		},
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return fmt.Sprintf("arn:aws:sqs:%s:%s:launches", f.account.Region(), f.account.ID())
}
