package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// change is the difference between a live launch and its configuration.
type change int

const (
	same  change = iota // the same rules, group, expiry and purpose
	grows               // more rules or a later expiry: the launch can grow
	other               // anything else: only another launch can have it
)

// changeOf compares a live launch with its configuration. All values must be known, except a
// name that the provider chooses.
func changeOf(ctx context.Context, old, m launchModel, diags *diag.Diagnostics) change {
	switch {
	case m.renames(old):
		return other
	case old.Rules.IsNull(): // it was imported without its rules
		return grows
	}
	before, faults := old.detail(ctx, "tf", diags).decode()
	after, more := m.detail(ctx, "tf", diags).decode()
	addFaults(diags, refusedSummary, append(faults, more...))
	rules, earlier := secgroup.Rules(after.Rules), secgroup.Rules(before.Rules)
	kept := len(secgroup.Compare(earlier, rules).Missing) == 0
	switch {
	case before.Group != after.Group || before.Purpose != after.Purpose:
		return other
	case earlier.Equal(rules) && before.ExpiresAt.Equal(after.ExpiresAt):
		return same
	case kept && later(after.ExpiresAt, before.ExpiresAt):
		return grows
	}
	return other
}

// renames reports whether a configuration requires another name. An imported launch has no prefix.
func (m launchModel) renames(old launchModel) bool {
	if !m.Launch.IsUnknown() {
		return !m.Launch.Equal(old.Launch)
	}
	return !old.NamePrefix.IsNull() && !m.NamePrefix.Equal(old.NamePrefix)
}

// ModifyPlan shows whether an update keeps the launch's name, or opens a launch with a new one.
func (r *launchResource) ModifyPlan(
	ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) {
	if req.Plan.Raw.IsNull() || req.State.Raw.IsNull() {
		return // a destroy or a create
	}
	var config, m, old launchModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &old)...)
	if resp.Diagnostics.HasError() {
		return
	}
	chosen := config.Launch.IsNull() // by the provider
	if chosen {
		m.Launch = types.StringUnknown()
	}
	known := m.known(ctx) && !config.Launch.IsUnknown()
	how := other
	if known {
		how = changeOf(ctx, old, m, &resp.Diagnostics)
	}
	switch {
	case how != other:
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("launch"), old.Launch)...)
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("group_id"), old.GroupID)...)
	case known && !chosen && config.Launch.Equal(old.Launch) && m.Group.Equal(old.Group):
		resp.Diagnostics.AddAttributeError(path.Root("launch"), "The launch cannot change like this",
			"A launch only grows: its rules, expiry and purpose stay until its end. Give the launch another name, or "+
				"leave launch out. The provider then opens a new launch before it ends this one.")
	case chosen:
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("launch"), types.StringUnknown())...)
	}
}
