package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// ImportState reads a live launch by its name, or by its name and group: launch,sg-... . The
// group comes from the waiter, and the rules from the table if it can be read.
func (r *launchResource) ImportState(
	ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse,
) {
	if keeperOf(r.keeper, &resp.Diagnostics); resp.Diagnostics.HasError() {
		return
	}
	name, group, _ := strings.Cut(req.ID, ",")
	found, err := r.find(ctx, name, group)
	if err != nil {
		resp.Diagnostics.AddError("The launch cannot be imported", err.Error())
		return
	}
	object := types.ObjectValueMust(groupType, map[string]attr.Value{
		"id": types.StringValue(found.ID), "name": types.StringNull(), "vpc": types.StringNull(),
		"account": types.StringNull(), "region": types.StringNull(),
	})
	set := func(name string, value any) {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), value)...)
	}
	set("launch", name)
	set("group", object)
	set("group_id", found.ID)
	requests, err := r.requests(ctx, name, found)
	if err != nil {
		resp.Diagnostics.AddWarning("The rules of the launch are not known",
			err.Error()+"\n\nThe next apply adds the configured rules. Other rules of the launch stay until its end.")
		return
	}
	var expires time.Time
	for i, q := range requests {
		if i == 0 || later(q.ExpiresAt, expires) {
			expires = q.ExpiresAt
		}
	}
	set("rules", rulesOf(found.ID, entriesOf(requests)))
	if !expires.IsZero() {
		set("expires_at", expires.Format(time.RFC3339Nano))
	}
	purpose := requests[0].Purpose
	for name, text := range map[string]string{
		"requester": purpose.Requester, "reason": purpose.Reason, "ticket": purpose.Ticket,
	} {
		if text != "" {
			set(name, text)
		}
	}
}

// find returns the group of a live launch.
func (r *launchResource) find(ctx context.Context, launch, group string) (claim.Group, error) {
	if !events.IsLaunchName(launch) {
		return claim.Group{}, fmt.Errorf("found %q: want the name of a launch, such as web-1, "+
			"or web-1,sg-0123456789abcdef0", launch)
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	outcomes, err := r.keeper.ask(ctx, launch, events.Group{ID: group})
	if err != nil {
		return claim.Group{}, err
	}
	live, err := isLive(outcomes)
	switch {
	case err != nil:
		return claim.Group{}, err
	case !live || unrecorded(outcomes[0]):
		return claim.Group{}, fmt.Errorf("no launch %q is live: %s", launch, reasonsOf(outcomes).Error())
	case len(outcomes) > 1:
		return claim.Group{}, fmt.Errorf("the launch %q has rules on %d groups: import it with the id of one, as %s,%s",
			launch, len(outcomes), launch, outcomes[0].Group.ID)
	}
	return outcomes[0].Group.Ref().Group(), nil
}

// unrecorded reports whether sgkeeper has no record of a launch. The reasons of a launch that
// waits for a round name its group.
func unrecorded(o events.Outcome) bool {
	named := slices.ContainsFunc(o.Reasons, func(f claim.Fault) bool { return f.Field == "/group" })
	return o.Status == events.Queued && !named
}

// requests reads the live requests of a launch from the table.
func (r *launchResource) requests(ctx context.Context, launch string, group claim.Group) ([]claim.Request, error) {
	home, err := r.keeper.home(ctx)
	if err != nil {
		return nil, err
	}
	if group.Account == "" {
		group.Account = home
	}
	if group.Region == "" {
		group.Region = r.keeper.config.Region
	}
	all, err := r.keeper.table.Requests(ctx, group)
	if err != nil {
		return nil, fmt.Errorf("the table %s cannot be read: %w", r.keeper.tableName, err)
	}
	publisher := r.keeper.account
	if publisher == "" {
		publisher = home
	}
	var live []claim.Request
	for _, q := range all {
		if q.Launch.Name != launch || q.Launch.Account != publisher || q.Status != claim.Open {
			continue
		}
		if len(live) > 0 && live[0].Launch != q.Launch {
			return nil, fmt.Errorf("several publishers have a launch %q", launch)
		}
		live = append(live, q)
	}
	if len(live) == 0 {
		return nil, fmt.Errorf("the table %s has no live request of the launch", r.keeper.tableName)
	}
	return live, nil
}

// entriesOf returns the rules of requests, in one list.
func entriesOf(requests []claim.Request) (all []secgroup.Entry) {
	for _, q := range requests {
		all = append(all, q.Rules...)
	}
	return secgroup.Merge(all)
}

// rulesOf returns rules of a group as values of an attribute, one peer a rule. The group as its
// own peer is self, as in an event.
func rulesOf(group string, entries []secgroup.Entry) types.List {
	rules := make([]attr.Value, len(entries))
	for i, e := range entries {
		if _, id, isGroup := e.Rule.Peer.Group(); isGroup && id == group {
			e.Rule.Peer = secgroup.Self
		}
		rules[i] = ruleOf(e)
	}
	return types.ListValueMust(ruleType, rules)
}

func ruleOf(e secgroup.Entry) attr.Value {
	r := e.Rule
	ports, icmp := types.StringNull(), types.ObjectNull(icmpType)
	switch {
	case r.Protocol.HasPorts():
		ports = types.StringValue(r.Ports.String())
	case r.Ports != secgroup.NoPorts:
		code := types.Int32Null()
		if r.Ports.Last != -1 {
			code = types.Int32Value(r.Ports.Last)
		}
		icmp = types.ObjectValueMust(icmpType, map[string]attr.Value{"type": types.Int32Value(r.Ports.First),
			"code": code})
	}
	peer := types.ListValueMust(types.StringType, []attr.Value{types.StringValue(r.Peer.String())})
	from, to := peer, types.ListNull(types.StringType)
	if r.Direction == secgroup.Egress {
		from, to = to, from
	}
	description := types.StringNull()
	if e.Description != "" {
		description = types.StringValue(e.Description)
	}
	return types.ObjectValueMust(ruleType.AttrTypes, map[string]attr.Value{
		"protocol": types.StringValue(r.Protocol.String()), "ports": ports, "icmp": icmp,
		"from": from, "to": to, "description": description,
	})
}
