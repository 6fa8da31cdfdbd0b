package fakeaws_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func TestStaleDescribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		age := time.Minute
		account, client := newAccount(fakeaws.Options{Stale: func(fakeaws.Op) time.Duration { return age }})
		count := func(want int, when string) {
			t.Helper()
			if got := len(describe(t, client, web)); got != want {
				t.Errorf("%s: described %d rules, want %d", when, got, want)
			}
		}
		describeGroup(t, client, web) // the setup counts as old, for any view
		out, err := authorize(t, client, permission("tcp", 1, 1, "0.0.0.0/0"))
		must(t, err)
		count(0, "just authorized")
		if got := len(account.Rules(web)); got != 1 {
			t.Errorf("EC2 has %d rules, want 1", got)
		}
		time.Sleep(time.Minute)
		count(1, "a minute later")
		_, err = revoke(t, client, web, *out.SecurityGroupRules[0].SecurityGroupRuleId)
		must(t, err)
		count(1, "just revoked")
		_, err = authorize(t, client, permission("tcp", 1, 1, "0.0.0.0/0"))
		wantCode(t, "authorize, which is never stale", err, "")
		age = 0
		count(1, "the present")
		age = 30 * time.Second
		time.Sleep(20 * time.Second)
		if got := *describe(t, client,
			web)[0].SecurityGroupRuleId; got != *out.SecurityGroupRules[0].SecurityGroupRuleId {
			t.Errorf("an old view shows the new rule %s", got)
		}
	})
}

func TestLagAfterCreation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := newAccount(fakeaws.Options{CreationLag: 5 * time.Second})
		out, err := create(t, client, "new")
		must(t, err)
		find := func() error {
			_, err := client.DescribeSecurityGroups(t.Context(),
				&ec2.DescribeSecurityGroupsInput{GroupIds: []string{*out.GroupId}})
			return err
		}
		wantCode(t, "at once", find(), "InvalidGroup.NotFound")
		_, err = client.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: out.GroupId, IpPermissions: perms(permission("tcp", 1, 1, "0.0.0.0/0")),
		})
		wantCode(t, "authorize at once", err, "InvalidGroup.NotFound")
		time.Sleep(5 * time.Second)
		wantCode(t, "later", find(), "")
	})
}

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account, client := newAccount(fakeaws.Options{RulesPerGroup: 1000})
		account.Throttle(true)
		port := int32(0)
		refused := func() bool {
			port++
			_, err := client.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
				GroupId: aws.String(web), IpPermissions: perms(permission("tcp", port, port, "0.0.0.0/0")),
			}, func(o *ec2.Options) { o.RetryMaxAttempts = 1 })
			if err != nil {
				wantCode(t, "authorize", err, "RequestLimitExceeded")
			}
			return err != nil
		}
		for n := range 50 {
			if refused() {
				t.Fatalf("call %d refused, want a bucket of 50", n+1)
			}
		}
		if !refused() {
			t.Error("call 51 succeeded, want it refused")
		}
		if got := len(describe(t, client, web)); got != 50 {
			t.Errorf("%d rules, want 50: describes have a bucket of their own", got)
		}
		time.Sleep(time.Second)
		for n := range 5 {
			if refused() {
				t.Errorf("call %d after a second refused, want 5 more", n+1)
			}
		}
		if !refused() {
			t.Error("call 6 after a second succeeded, want it refused")
		}
		account.Throttle(false)
		if refused() {
			t.Error("refused with the throttle off")
		}
	})
}
