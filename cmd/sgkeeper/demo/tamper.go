package demo

import (
	"context"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// Groups of the audit.
const (
	inference = "sg-0a0d1700000000001"
	training  = "sg-0a0d1700000000002"
	sandbox   = "sg-0a0d1700000000003"
	scratch   = "sg-0a0d1700000000004"
	peered    = "sg-0a0d1700000000005" // is removed
	foreign   = "sg-0a0d1700000000006" // of another account
)

const foreignAccount = "999988887777"

// addAuditedGroups sets up groups without drift.
func addAuditedGroups(account *fakeaws.Account) {
	for _, g := range []fakeaws.SecurityGroup{
		{ID: inference, Name: "inference"}, {ID: training, Name: "training"},
		{ID: sandbox, Name: "sandbox"}, {ID: scratch, Name: "scratch"},
	} {
		g.Tags = map[string]string{"sgkeeper:managed": "true"}
		account.AddSecurityGroup(g)
	}
	account.AddSecurityGroup(fakeaws.SecurityGroup{ID: peered, Name: "peered"})
	account.AddSecurityGroup(fakeaws.SecurityGroup{ID: foreign, Name: "foreign", Account: foreignAccount})
}

// auditedLaunches are the live launches when the outsider changes the groups. The last one
// expires before the audit.
var auditedLaunches = []struct {
	name, group string
	rules       []string
	expires     bool
}{
	{"llama4-7f3a", inference, []string{
		"tcp 8000 from 0.0.0.0/0", "tcp 8000 from ::/0", "tcp 8443 from 10.0.0.0/8",
		"tcp 7000 from 10.0.0.0/8", "tcp 7100 from 10.0.0.0/8"}, false},
	{"ray-head-11", inference, []string{
		"tcp 9000-9010 from 10.0.0.0/8", "tcp 9100 from 10.4.0.0/16", "tcp 7200 from 10.0.0.0/8"}, false},
	{"train-gpt-2", training, []string{"tcp 6006 from 10.3.0.0/16", "tcp 5001 from 10.0.0.0/8"}, false},
	{"scratch-1", scratch, []string{"tcp 8000 from 10.0.0.0/8"}, false},
	{"batch-0192", training, []string{"tcp 6443 from 10.0.0.0/8"}, true},
}

// asked is a launch's request.
func asked(name, group string, rules []string) events.Request {
	r := events.Request{Launch: claim.Launch{Name: name}, Group: events.Group{ID: group}}
	for _, text := range rules {
		r.Rules = append(r.Rules, secgroup.Entry{Rule: secgroup.MustParseRule(text)})
	}
	return r
}

// tampering is one change by the outsider, and the kind of its drift. Did describes it in at
// most 44 characters.
type tampering struct {
	kind drift.Kind
	did  string
	do   func(ctx context.Context, o *outsider) error
}

// tamperings returns all changes by the outsider.
func tamperings(us plan.Installation) []tampering {
	return []tampering{
		{drift.AllTrafficWorld, "sandbox: everything opened to the world", opens(sandbox, "all from 0.0.0.0/0")},
		{drift.WorldOpenSensitive, "inference: MySQL opened to the world", opens(inference, "tcp 3306 from 0.0.0.0/0")},
		{drift.Missing, "inference: 8443 removed", shuts(inference, "tcp 8443 from 10.0.0.0/8")},
		{drift.Modified, "inference: sgkeeper's 7000 turned to 7001", func(ctx context.Context, o *outsider) error {
			return o.modify(ctx, inference, "tcp 7000 from 10.0.0.0/8", "tcp 7001 from 10.0.0.0/8")
		}},
		{drift.NarrowedSource, "training: 5001 left to half of 10/8",
			swaps(training, "tcp 5001 from 10.0.0.0/8", "tcp 5001 from 10.0.0.0/9")},
		{drift.WidenedSource, "inference: 9100 widened to all of 10/8",
			swaps(inference, "tcp 9100 from 10.4.0.0/16", "tcp 9100 from 10.0.0.0/8")},
		{drift.CrossAccount, "training: 443 opened to an unknown account",
			opens(training, "tcp 443 from "+foreignAccount+"/"+foreign)},
		{drift.ExpiredPresent, "training: 6443 expired, no sweep came", nothing},
		{drift.GroupMissing, "scratch: deleted, though a launch needs it", func(_ context.Context, o *outsider) error {
			o.account.RemoveSecurityGroup(scratch)
			return nil
		}},
		{drift.ManagedTagLost, "training: the tag that opts in removed", func(ctx context.Context, o *outsider) error {
			return o.untag(ctx, training, "sgkeeper:managed")
		}},
		{drift.FamilyGap, "inference: 8000 removed over IPv6 only", shuts(inference, "tcp 8000 from ::/0")},
		{drift.PeerKindSwap, "training: 6006 to a group, not to a CIDR",
			swaps(training, "tcp 6006 from 10.3.0.0/16", "tcp 6006 from "+inference)},
		{drift.WidenedPorts, "inference: 7200 widened to 7200-7300",
			swaps(inference, "tcp 7200 from 10.0.0.0/8", "tcp 7200-7300 from 10.0.0.0/8")},
		{drift.Unexpected, "training: 25000 opened by hand", opens(training, "tcp 25000 from 192.0.2.0/24")},
		{drift.LedgerGone, "training: a rule with sgkeeper's tags forged", func(_ context.Context, o *outsider) error {
			return o.tagged(training, "tcp 4444 from 10.0.0.0/8", map[string]string{plan.TagInstallation: string(us)})
		}},
		{drift.StaleReference, "sandbox: refers to a group that is gone", func(_ context.Context, o *outsider) error {
			err := o.open(sandbox, "tcp 22 from "+peered)
			o.account.RemoveSecurityGroup(peered)
			return err
		}},
		{drift.Redundant, "inference: 9005, within 9000-9010", opens(inference, "tcp 9005 from 10.0.0.0/8")},
		{drift.Metadata, "inference: 7100 described otherwise", func(ctx context.Context, o *outsider) error {
			return o.describe(ctx, inference, "tcp 7100 from 10.0.0.0/8", "mine now")
		}},
	}
}

func opens(group, rule string) func(context.Context, *outsider) error {
	return func(_ context.Context, o *outsider) error { return o.open(group, rule) }
}

func shuts(group, rule string) func(context.Context, *outsider) error {
	return func(_ context.Context, o *outsider) error { return o.shut(group, rule) }
}

func swaps(group, old, new string) func(context.Context, *outsider) error {
	return func(_ context.Context, o *outsider) error { return o.replace(group, old, new) }
}

func nothing(context.Context, *outsider) error { return nil }
