package fakeaws_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func runInstances(t *testing.T, client *ec2.Client, n int32, cluster string) []types.Instance {
	t.Helper()
	out, err := client.RunInstances(t.Context(), &ec2.RunInstancesInput{
		ImageId: aws.String("ami-0123456789abcdef0"), MinCount: aws.Int32(n), MaxCount: aws.Int32(n),
		SecurityGroupIds: []string{web},
		TagSpecifications: []types.TagSpecification{{
			ResourceType: types.ResourceTypeInstance,
			Tags:         []types.Tag{{Key: aws.String("cluster"), Value: aws.String(cluster)}},
		}},
	})
	must(t, err)
	return out.Instances
}

// instances returns the ids that a filter selects, page by page.
func instances(t *testing.T, client *ec2.Client, name, value string) (ids []string) {
	t.Helper()
	pages := ec2.NewDescribeInstancesPaginator(client, &ec2.DescribeInstancesInput{
		Filters:    []types.Filter{{Name: aws.String(name), Values: []string{value}}},
		MaxResults: aws.Int32(5),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, r := range page.Reservations {
			for _, i := range r.Instances {
				ids = append(ids, *i.InstanceId)
			}
		}
	}
	return ids
}

func TestInstances(t *testing.T) {
	_, client := newAccount(fakeaws.Options{})
	started := runInstances(t, client, 7, "a")
	runInstances(t, client, 1, "b")
	if got := instances(t, client, "tag:cluster", "a"); len(got) != 7 {
		t.Errorf("%d instances of cluster a, want 7", len(got))
	}
	if got := started[0]; *got.VpcId != vpc || *got.SecurityGroups[0].GroupName != "web" ||
		got.State.Name != types.InstanceStateNameRunning {
		t.Errorf("instance = %+v", got)
	}
	_, err := client.TerminateInstances(t.Context(),
		&ec2.TerminateInstancesInput{InstanceIds: []string{*started[0].InstanceId}})
	must(t, err)
	if got := instances(t, client, "instance-state-name", "running"); len(got) != 7 {
		t.Errorf("%d of 8 instances run after one was terminated", len(got))
	}
	_, err = client.ModifyInstanceAttribute(t.Context(),
		&ec2.ModifyInstanceAttributeInput{InstanceId: started[1].InstanceId, Groups: []string{peer}})
	must(t, err)
	if got := instances(t, client, "instance.group-id", peer); len(got) != 1 || got[0] != *started[1].InstanceId {
		t.Errorf("instances with the group %s: %v, want %s", peer, got, *started[1].InstanceId)
	}
}

// The default bus receives the state changes of instances, as EC2 sends them.
func TestInstanceEvents(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	queues, bus := sqs.NewFromConfig(config(account)), eventbridge.NewFromConfig(config(account))
	queue, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("changes")})
	must(t, err)
	_, err = bus.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: aws.String("changes"),
		EventPattern: aws.String(`{"source": ["aws.ec2"]}`)})
	must(t, err)
	_, err = bus.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: aws.String("changes"),
		Targets: []eventtypes.Target{{
			Id: aws.String("queue"), Arn: aws.String("arn:aws:sqs:us-east-1:111122223333:changes"),
		}}})
	must(t, err)
	id := *runInstances(t, client, 1, "a")[0].InstanceId
	for range 2 { // the second changes nothing
		_, err = client.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{id}})
		must(t, err)
	}
	got, err := queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl,
		MaxNumberOfMessages: 10})
	must(t, err)
	var states []string
	for _, m := range got.Messages {
		var event struct {
			DetailType string `json:"detail-type"`
			Account    string
			Detail     map[string]string
		}
		must(t, json.Unmarshal([]byte(*m.Body), &event))
		if event.DetailType != "EC2 Instance State-change Notification" || event.Account != "111122223333" ||
			event.Detail["instance-id"] != id {
			t.Errorf("event = %s", *m.Body)
		}
		states = append(states, event.Detail["state"])
	}
	slices.Sort(states)
	if want := []string{"pending", "running", "shutting-down", "terminated"}; !slices.Equal(states, want) {
		t.Errorf("states %v, want %v", states, want)
	}
}

func TestInstancesRefused(t *testing.T) {
	_, client := newAccount(fakeaws.Options{})
	_, err := client.RunInstances(t.Context(), &ec2.RunInstancesInput{
		ImageId: aws.String("ami-0123456789abcdef0"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		SecurityGroupIds: []string{"sg-0dead00000000dead"},
	})
	wantCode(t, "an unknown group", err, "InvalidGroup.NotFound")
	_, err = client.TerminateInstances(t.Context(),
		&ec2.TerminateInstancesInput{InstanceIds: []string{"i-0dead00000000dead"}})
	wantCode(t, "an unknown instance", err, "InvalidInstanceID.NotFound")
	_, err = client.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{"i-x"}})
	wantCode(t, "no id", err, "InvalidInstanceID.Malformed")
}
