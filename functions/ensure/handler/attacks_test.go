package handler_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
)

// The tests of this file are attacks on other owners' launches.

// ending is an account's envelope that ends a launch.
func ending(account, launch string) string {
	return strings.Replace(envelope(account, `{"launch":"`+launch+`"}`), events.LaunchRequested, events.LaunchEnded, 1)
}

// open returns the number of the group's rules from 10.0.0.0/8.
func (r *rig) open() (n int) {
	for _, rule := range r.account.Rules(group) {
		if rule.Peer == "10.0.0.0/8" {
			n++
		}
	}
	return n
}

// TestAttackForgedRecords: a caller of the function writes records of EventBridge's queue,
// with another account's envelope. With every qualifier but that of the queues, the caller
// ends no launch of that account.
func TestAttackForgedRecords(t *testing.T) {
	r := newRealm(t, "7f3a")
	forged := batch(eventQueue, ending(member, "a"))
	owned := batch(eventQueue, envelope(member, requested("a", 8000)))
	if _, err := r.handler.Invoke(lambdaBy(t, functionARN+":queue"), []byte(owned)); err != nil {
		t.Fatal(err)
	}
	open := func() bool { return len(r.theirs.Rules(group)) == 2 } // one is the egress rule
	if !open() {
		t.Fatal("the member's launch is not open")
	}
	for _, qualifier := range []string{"", ":live", ":1", ":$LATEST", ":queue2"} {
		reply, err := r.handler.Invoke(lambdaBy(t, functionARN+qualifier), []byte(forged))
		if err != nil || string(reply) == nothingFailed {
			t.Errorf("by %q: answered %s, %v; want that the record comes again", qualifier, reply, err)
		}
		if !open() {
			t.Fatalf("a caller by %q ended the launch of account %s", qualifier, member)
		}
	}
	if _, err := r.handler.Invoke(lambdaBy(t, functionARN+":queue"), []byte(forged)); err != nil || open() {
		t.Errorf("the queue's own record did not end the launch: %v", err)
	}
}

// TestAttackSweepByPublisher: a publisher requests a sweep through each of the queues.
func TestAttackSweepByPublisher(t *testing.T) {
	for _, queue := range []string{eventQueue, otherQueue} {
		r := newRig(t)
		if reply := r.invoke(batch(queue, `{"sgkeeper":"sweep"}`)); reply != nothingFailed {
			t.Errorf("%s: answered %s", queue, reply)
		}
		logged := strings.Join(r.log.take(), "\n")
		if strings.Contains(logged, `"swept"`) || !strings.Contains(logged, `"status":"rejected"`) {
			t.Errorf("%s: a publisher's sweep is not refused:\n%s", queue, logged)
		}
	}
}

// TestAttackTerminatedByPublisher: a publisher sends EC2's event about a running instance to
// the publishers' queue, and to the function itself. The launch of the instance stays.
func TestAttackTerminatedByPublisher(t *testing.T) {
	r := newRig(t, func(c *handler.Config) { c.Instances = true })
	out, err := ec2.NewFromConfig(r.clients).RunInstances(t.Context(), &ec2.RunInstancesInput{
		ImageId: aws.String("ami-0123456789abcdef0"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		SecurityGroupIds: []string{group},
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeInstance,
			Tags: []ec2types.Tag{
				{Key: aws.String(events.TagPorts), Value: aws.String("8000")},
				{Key: aws.String(events.TagFrom), Value: aws.String("10.0.0.0/8")},
			}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	id := *out.Instances[0].InstanceId
	r.invoke(batch(eventQueue, instanceChanged(id, "running", time.Now())))
	if r.open() != 1 {
		t.Fatal("the instance's launch is not open")
	}
	terminated := instanceChanged(id, "terminated", time.Now().Add(-time.Hour))
	for name, payload := range map[string]string{
		"the publishers' queue": batch(otherQueue, terminated),
		"a direct invocation":   terminated,
		"EventBridge's queue":   batch(eventQueue, terminated),
	} {
		r.invoke(payload)
		if r.open() != 1 {
			t.Fatalf("%s: an event says that the instance terminated, EC2 says that it runs, and its launch ended",
				name)
		}
		if logged := strings.Join(r.log.take(), "\n"); !strings.Contains(logged, `"status":"rejected"`) {
			t.Errorf("%s: the event is not refused:\n%s", name, logged)
		}
	}
}

// instanceChanged is EC2's event about an instance.
func instanceChanged(id, state string, at time.Time) string {
	e := envelope("111122223333", `{"instance-id":"`+id+`","state":"`+state+`"}`)
	return strings.NewReplacer(
		events.LaunchRequested, events.InstanceChanged, `"source":"launcher"`, `"source":"aws.ec2"`,
		"2026-11-23T00:00:00Z", at.UTC().Format(time.RFC3339),
	).Replace(e)
}
