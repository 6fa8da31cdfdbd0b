package ensure_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func untagged(c *handler.Config) { c.Untagged = true }

func tagged(c *handler.Config) { c.Untagged = false }

// untaggedIDs returns the ids on the head of the shared group.
func (r *rig) untaggedIDs() []string {
	r.t.Helper()
	_, ledger, err := r.table().Head(context.Background(), claim.Group{Account: r.account.ID(),
		Region: r.account.Region(), ID: shared})
	if err != nil {
		r.t.Fatal(err)
	}
	var ids []string
	for _, u := range ledger.Untagged {
		ids = append(ids, u.ID)
	}
	return ids
}

// TestUntagged: a policy denies tags, and rules are still revoked with the last launch that
// needs them. A foreign rule of the same kind stays.
func TestUntagged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall}, untagged)
		r.account.Deny("ec2:CreateTags")
		r.outsider(shared, "tcp 9000 from 0.0.0.0/0")
		before := r.rules(shared)
		r.account.ResetCalls()
		o := r.ensured(launch("a", shared, 8000, 8002))
		if calls := r.account.Calls(); calls.Of("ec2") != 2 || calls.Of("dynamodb") != 4 {
			t.Errorf("an open cost %d requests to EC2 and %d to DynamoDB, want 2 and 4, as with tags", calls.Of("ec2"),
				calls.Of("dynamodb"))
		}
		if got := r.untaggedIDs(); len(got) != 2 || len(o.Authorized) != 2 {
			t.Errorf("the ledger holds %v of the rules %v", got, o.Authorized)
		}
		r.sweeps(2 * time.Hour) // recently made rules expire
		r.ensured(launch("b", shared, 8000))
		r.released(end("a"))
		r.has("tcp 8000 from 0.0.0.0/0")
		r.hasNot("tcp 8002 from 0.0.0.0/0")
		r.released(end("b"))
		if got := r.rules(shared); !got.Equal(before) {
			t.Errorf("the group has %v, want the initial rules: %v", got, before)
		}
		if got := r.untaggedIDs(); len(got) != 0 {
			t.Errorf("the ledger still holds %v", got)
		}
	})
}

// TestUntaggedSwitched makes rules with tags, without, and with tags again. sgkeeper owns all
// of them under either setting.
func TestUntaggedSwitched(t *testing.T) {
	settings := []func(*handler.Config){tagged, untagged}
	for last, setting := range settings {
		t.Run(fmt.Sprint(last), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fakeaws.Options{Latency: everyCall})
				before := r.rules(shared)
				for i, s := range []func(*handler.Config){tagged, untagged, tagged} {
					r.process(&client{}, s).ensured(launch(name(i), shared, 8000+2*i))
					r.sweeps(time.Hour)
				}
				now := r.process(&client{}, setting)
				for i := range 3 {
					now.released(end(name(i)))
				}
				if got := r.rules(shared); !got.Equal(before) {
					t.Errorf("the group has %v, want the initial rules: %v", got, before)
				}
			})
		})
	}
}

// TestUntaggedModified does not revoke an sgkeeper rule that an outsider has changed.
func TestUntaggedModified(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall}, untagged)
		o := r.ensured(launch("a", shared, 8000))
		r.modify(o.Authorized[0].ID, "8001")
		r.released(end("a"))
		r.sweeps(2 * time.Hour)
		r.has("tcp 8001 from 0.0.0.0/0")
	})
}

// modify changes the port of a rule in place.
func (r *rig) modify(id, port string) {
	r.t.Helper()
	var n int32
	if _, err := fmt.Sscan(port, &n); err != nil {
		r.t.Fatal(err)
	}
	group, protocol, world := shared, "tcp", "0.0.0.0/0"
	_, err := ec2.NewFromConfig(r.config).ModifySecurityGroupRules(context.Background(),
		&ec2.ModifySecurityGroupRulesInput{
			GroupId: &group,
			SecurityGroupRules: []types.SecurityGroupRuleUpdate{{
				SecurityGroupRuleId: &id,
				SecurityGroupRule: &types.SecurityGroupRuleRequest{IpProtocol: &protocol, FromPort: &n, ToPort: &n,
					CidrIpv4: &world},
			}},
		})
	if err != nil {
		r.t.Fatal(err)
	}
}

// TestUntaggedHolderDies kills a function at each of its requests in turn. sgkeeper recognises
// its rule by the description, and revokes it with its launch.
func TestUntaggedHolderDies(t *testing.T) {
	t.Parallel()
	const release = 6 // after claim, ring, load, describe and authorize
	for nth := 1; nth <= release; nth++ {
		for how, then := range ends {
			t.Run(fmt.Sprintf("request %d %s", nth, how), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, fakeaws.Options{Latency: everyCall}, untagged)
					c := &client{nth: nth, then: then}
					_, _ = r.process(c, untagged).invokeUntilKilled(c, launch("a", shared, 8000))
					time.Sleep(3 * time.Minute)
					r.ensured(launch("a", shared, 8000))
					r.released(end("a"))
					r.sweeps(2 * time.Hour)
					r.hasNot("tcp 8000 from 0.0.0.0/0")
				})
			})
		}
	}
}

// TestUntaggedYields: a function makes a rule and then yields the lease, because the bus
// rejects its events. sgkeeper still owns the rule.
func TestUntaggedYields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall}, untagged, onBus)
		r.account.Deny("events:PutEvents")
		if _, err := r.invoke(launch("a", shared, 8000)); err == nil {
			t.Fatal("the launch was answered though the bus takes nothing")
		}
		if got := r.untaggedIDs(); len(got) != 1 {
			t.Fatalf("the ledger holds %v after a yield, want the rule", got)
		}
		r.account.Deny()
		r.released(end("a"))
		r.hasNot("tcp 8000 from 0.0.0.0/0")
	})
}
