package fakeaws_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// once makes a client send each call once, without retries.
func once(o *ec2.Options) { o.RetryMaxAttempts = 1 }

// TestBuckets empties the bucket of each kind of call, and compares its size with EC2's guide.
// A refused call has no effect.
func TestBuckets(t *testing.T) {
	ids := byGroup(web)
	for _, row := range []struct {
		name string
		size int
		call func(t *testing.T, c *ec2.Client, n int32) error
	}{
		{"authorize ingress", 50, func(t *testing.T, c *ec2.Client, n int32) error {
			_, err := c.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
				GroupId: aws.String(web), IpPermissions: perms(permission("tcp", n, n, "0.0.0.0/0")),
			}, once)
			return err
		}},
		{"revoke ingress", 50, func(t *testing.T, c *ec2.Client, n int32) error {
			_, err := c.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{
				GroupId: aws.String(web), SecurityGroupRuleIds: []string{fmt.Sprintf("sgr-%017x", n)},
			}, once)
			return err
		}},
		{"authorize egress", 50, func(t *testing.T, c *ec2.Client, n int32) error {
			_, err := c.AuthorizeSecurityGroupEgress(t.Context(), &ec2.AuthorizeSecurityGroupEgressInput{
				GroupId: aws.String(web), IpPermissions: perms(permission("tcp", n, n, "0.0.0.0/0")),
			}, once)
			return err
		}},
		{"describe rules", 100, func(t *testing.T, c *ec2.Client, _ int32) error {
			_, err := c.DescribeSecurityGroupRules(t.Context(), &ec2.DescribeSecurityGroupRulesInput{Filters: ids},
				once)
			return err
		}},
		{"describe groups, filtered", 100, func(t *testing.T, c *ec2.Client, _ int32) error {
			_, err := c.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{Filters: ids}, once)
			return err
		}},
		{"describe groups by id", 50, func(t *testing.T, c *ec2.Client, _ int32) error {
			_, err := c.DescribeSecurityGroups(t.Context(),
				&ec2.DescribeSecurityGroupsInput{GroupIds: []string{web, peer}}, once)
			return err
		}},
		{"describe instances, filtered", 100, func(t *testing.T, c *ec2.Client, _ int32) error {
			_, err := c.DescribeInstances(t.Context(),
				&ec2.DescribeInstancesInput{Filters: filters("instance-id", "i-0123456789abcdef0")}, once)
			return err
		}},
		{"describe instances", 50, func(t *testing.T, c *ec2.Client, _ int32) error {
			_, err := c.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{}, once)
			return err
		}},
	} {
		synctest.Test(t, func(t *testing.T) {
			account, client := newAccount(fakeaws.Options{RulesPerGroup: 1000})
			account.Throttle(true)
			for n := range row.size {
				if err := row.call(t, client, int32(n)); code(err) == "RequestLimitExceeded" {
					t.Fatalf("%s: call %d is refused, want a bucket of %d", row.name, n+1, row.size)
				}
			}
			held := len(account.Rules(web))
			wantCode(t, row.name, row.call(t, client, 1000), "RequestLimitExceeded")
			if got := len(account.Rules(web)); got != held {
				t.Errorf("%s: a refused call left %d rules, want %d", row.name, got, held)
			}
		})
	}
}

// TestRuleIDFilter checks that one call finds which of 200 ids exist. More ids are refused.
func TestRuleIDFilter(t *testing.T) {
	_, client := newAccount(fakeaws.Options{RulesPerGroup: 1000})
	out, err := authorize(t, client, permission("tcp", 1, 1, "10.0.0.0/8"), permission("tcp", 2, 2, "10.0.0.0/8"))
	must(t, err)
	ids := []string{*out.SecurityGroupRules[0].SecurityGroupRuleId, *out.SecurityGroupRules[1].SecurityGroupRuleId}
	for n := len(ids); n < 200; n++ {
		ids = append(ids, fmt.Sprintf("sgr-%017x", n))
	}
	find := func(ids []string) (int, error) {
		found, err := client.DescribeSecurityGroupRules(t.Context(),
			&ec2.DescribeSecurityGroupRulesInput{Filters: filters("security-group-rule-id", ids...)})
		if err != nil {
			return 0, err
		}
		return len(found.SecurityGroupRules), nil
	}
	if got, err := find(ids); got != 2 || err != nil {
		t.Errorf("%d of 200 ids found, %v; want 2", got, err)
	}
	_, err = find(append(ids, "sgr-0dead00000000dead"))
	wantCode(t, "201 ids", err, "FilterLimitExceeded")
}

// TestGroupsByID describes several groups with one call. The call fails if one of them does
// not exist.
func TestGroupsByID(t *testing.T) {
	_, client := newAccount(fakeaws.Options{})
	find := func(ids ...string) (int, error) {
		out, err := client.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: ids})
		if err != nil {
			return 0, err
		}
		return len(out.SecurityGroups), nil
	}
	if got, err := find(web, peer); got != 2 || err != nil {
		t.Errorf("%d groups, %v; want 2", got, err)
	}
	_, err := find(web, "sg-0dead00000000dead")
	wantCode(t, "a group that does not exist", err, "InvalidGroup.NotFound")
	if !strings.Contains(message(err), "sg-0dead00000000dead") {
		t.Errorf("message %q, want the group named", message(err))
	}
}

// TestInstancesByID describes up to 1,000 instances with one call. The call fails if some do
// not exist, and names all of these.
func TestInstancesByID(t *testing.T) {
	_, client := newAccount(fakeaws.Options{})
	var ids []string
	for _, i := range runInstances(t, client, 1000, "a") {
		ids = append(ids, *i.InstanceId)
	}
	find := func(ids ...string) (int, error) {
		out, err := client.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: ids})
		if err != nil {
			return 0, err
		}
		return len(out.Reservations), nil
	}
	if got, err := find(ids...); got != 1000 || err != nil {
		t.Errorf("%d instances, %v; want 1000", got, err)
	}
	_, err := find(append(ids, "i-0123456789abcdef0")...)
	wantCode(t, "1,001 ids", err, "InvalidParameterValue")
	_, err = find(ids[0], "i-0dead00000000dead", "i-0dead00000000beef")
	wantCode(t, "two that do not exist", err, "InvalidInstanceID.NotFound")
	if want := "The instance IDs 'i-0dead00000000dead, i-0dead00000000beef' do not exist"; message(err) != want {
		t.Errorf("message %q, want %q", message(err), want)
	}
}

// TestUnknownCode makes EC2 reject one rule with an unknown code. EC2 adds nothing, but still
// adds any other rule.
func TestUnknownCode(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	account.Inject(func(op fakeaws.Op) (bool, error) {
		if strings.HasPrefix(op.Name, "Authorize") && op.Form.Get("IpPermissions.1.FromPort") == "8001" {
			return false, &fakeaws.Error{Code: "InvalidNetworkBorderGroup.Unsupported", Message: "not here"}
		}
		return true, nil
	})
	_, err := authorize(t, client, permission("tcp", 8001, 8001, "10.0.0.0/8"))
	wantCode(t, "the rule", err, "InvalidNetworkBorderGroup.Unsupported")
	_, err = authorize(t, client, permission("tcp", 8002, 8002, "10.0.0.0/8"))
	wantCode(t, "another", err, "")
	if got := len(account.Rules(web)); got != 1 {
		t.Errorf("%d rules, want 1", got)
	}
}

// TestEventBytes checks that a bus accepts less than 256 KB, or the number of bytes that the
// option sets.
func TestEventBytes(t *testing.T) {
	for limit, want := range map[int]string{0: "ValidationException", 1 << 20: ""} {
		account := fakeaws.New(fakeaws.Options{EventBytes: limit})
		_, err := eventbridge.NewFromConfig(config(account)).PutEvents(t.Context(),
			&eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
				Source: aws.String("s"), DetailType: aws.String("t"), Detail: aws.String(`{"x":"` +
					strings.Repeat("x", 256<<10) + `"}`),
			}}})
		wantCode(t, fmt.Sprintf("an event over 256 KB with the limit %d", limit), err, want)
	}
}
