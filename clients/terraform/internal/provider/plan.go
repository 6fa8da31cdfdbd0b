package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/awscli"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/guardfile"
	"github.com/sgkeeper/sgkeeper/pkg/preview"
)

// planData is the data source sgkeeper_plan: the decision of ensure about a launch, without an
// event. It reads the group in EC2, and decides as `sgkeeper plan` does.
type planData struct{ dataSource }

type planModel struct {
	requestModel
	Launch     types.String `tfsdk:"launch"`
	Guardrails types.String `tfsdk:"guardrails"`
	Quota      types.Int32  `tfsdk:"quota"`
	Allowed    types.Bool   `tfsdk:"allowed"`
	Authorize  types.List   `tfsdk:"authorize"`
	Covered    types.List   `tfsdk:"covered"`
	Reasons    types.List   `tfsdk:"reasons"`
}

// reasonType is the type of one reason.
var reasonType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"field": types.StringType, "problem": types.StringType,
}}

// Metadata implements datasource.DataSource.
func (d *planData) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "sgkeeper_plan"
}

// Schema implements datasource.DataSource.
func (d *planData) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Shows which rules sgkeeper would authorize for a launch, " +
			"or why it would refuse the launch. " +
			"It publishes nothing. Needs `ec2:DescribeSecurityGroups` and " +
			"`ec2:DescribeSecurityGroupRules`, and for prefix " +
			"lists `ec2:DescribeManagedPrefixLists` and `ec2:GetManagedPrefixListEntries`. " +
			"It does not count the launches that wait for other rules.",
		Attributes: map[string]schema.Attribute{
			"launch": text("Name of the launch, which guardrails may depend on. By default `plan`."),
			"group": schema.SingleNestedAttribute{
				Required: true, MarkdownDescription: groupText,
				Attributes: map[string]schema.Attribute{
					"id": text(groupIDText), "name": text(groupNameText), "vpc": text(vpcText),
					"account": text(accountText), "region": text(regionText),
				},
			},
			"rules": schema.ListNestedAttribute{
				Required: true, MarkdownDescription: rulesText,
				NestedObject: schema.NestedAttributeObject{Attributes: ruleAttributes(true)},
			},
			"expires_at": text(expiresText),
			"requester":  text(requesterText),
			"reason":     text(reasonText),
			"ticket":     text(ticketText),
			"guardrails": text("Text of a guardrails file, or `none`. By default, the built-in guardrails."),
			"quota": schema.Int32Attribute{
				Optional: true,
				MarkdownDescription: "Rules that a group may hold in each direction and address family, " +
					"1 to 1000. By default 60.",
			},
			"allowed": schema.BoolAttribute{Computed: true,
				MarkdownDescription: "Whether sgkeeper would open the launch."},
			"authorize": rulesResult("Rules that sgkeeper would add to the group."),
			"covered":   rulesResult("Rules that the group's other rules already allow."),
			"reasons": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "Why sgkeeper would refuse the launch.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"field": schema.StringAttribute{Computed: true,
						MarkdownDescription: "JSON Pointer within the event's detail."},
					"problem": schema.StringAttribute{Computed: true,
						MarkdownDescription: "Value found, and values allowed."},
				}},
			},
		},
	}
}

// Read implements datasource.DataSource.
func (d *planData) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m planModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	quota := int32(plan.DefaultLimit)
	if !m.Quota.IsNull() {
		quota = m.Quota.ValueInt32()
	}
	if quota < 1 || quota > 1000 {
		resp.Diagnostics.AddAttributeError(path.Root("quota"), "Invalid quota",
			fmt.Sprintf("found %d: want 1 to 1000", quota))
	}
	g, err := guardOf(m.Guardrails)
	if err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("guardrails"), "Invalid guardrails", err.Error())
	}
	if keeperOf(d.keeper, &resp.Diagnostics); resp.Diagnostics.HasError() {
		return
	}
	launch := "plan"
	if !m.Launch.IsNull() {
		launch = m.Launch.ValueString()
	}
	request, faults := m.detail(ctx, launch, &resp.Diagnostics).decode()
	addFaults(&resp.Diagnostics, "Invalid launch", faults)
	if resp.Diagnostics.HasError() {
		return
	}
	in, err := d.snapshot(ctx, request, g, plan.Quota{Limit: int(quota)})
	if err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("group"), "The group cannot be read", err.Error())
		return
	}
	m.show(in.Groups[0].ID, in.Make())
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// guardOf reads guardrails. The guard is nil for "none".
func guardOf(text types.String) (*guard.Guard, error) {
	switch {
	case text.IsNull():
		return guard.Builtin(), nil
	case text.ValueString() == "none":
		return nil, nil
	}
	return guardfile.Read([]byte(text.ValueString()))
}

// weighed returns the quota with the weights of the prefix lists that the request or the group's
// rules name. A list that cannot be read counts as 1 rule.
func (d *planData) weighed(
	ctx context.Context, r claim.Request, entries []secgroup.Entry, quota plan.Quota,
) plan.Quota {
	s := group.State{Group: r.Group, Requests: []claim.Request{r}, Quota: quota}
	quota, _ = ensure.Weigh(ctx, d.keeper.groups, s, entries)
	return quota
}

// snapshot reads the group, and returns the question for the planner.
func (d *planData) snapshot(
	ctx context.Context, r events.Request, g *guard.Guard, quota plan.Quota,
) (in preview.Offline, err error) {
	group := r.Group.Ref().Group()
	if group.Account == "" {
		if group.Account, err = d.keeper.home(ctx); err != nil {
			return in, err
		}
	}
	if group.ID == "" {
		if group.ID, err = d.keeper.groups.Find(ctx, group, r.Group.Name, r.Group.VPC); err != nil {
			return in, err
		}
	}
	facts, err := d.keeper.groups.Facts(ctx, group)
	if err != nil {
		return in, err
	}
	entries, err := d.keeper.groups.Rules(ctx, group)
	if err != nil {
		return in, err
	}
	r.Group = events.Group{ID: group.ID, Account: group.Account}
	r.Launch.Account = group.Account
	if d.keeper.account != "" {
		r.Launch.Account = d.keeper.account
	}
	origin := claim.Origin{Account: r.Launch.Account, Source: d.keeper.source}
	in = preview.Offline{
		Messages: []events.Message{{Origin: origin, Launch: r.Launch, Group: r.Group, Request: &r}},
		Groups: []awscli.Group{{
			ID: group.ID, Owner: group.Account, Name: facts.Name, Tags: facts.Tags, Entries: entries, HasRuleIDs: true,
		}},
		Complete: true,
		At:       time.Now(),
	}
	in.Quota = d.weighed(ctx, r.On(group, in.At), entries, quota)
	if g != nil {
		in.Check = func(m events.Message, _ awscli.Group) claim.Faults {
			return d.judge(ctx, g, m, group, facts,
				in.At)
		}
		in.Means = func(m events.Message) (claim.Launch, claim.Faults) {
			return g.Means(guard.Event{Launch: m.Launch, Origin: m.Origin, Owner: m.Owner()}, group.Account)
		}
	}
	return in, nil
}

// judge returns the faults of a request by the guardrails. It reads the prefix lists that the
// verdict depends on.
func (d *planData) judge(
	ctx context.Context, g *guard.Guard, m events.Message, group claim.Group, facts guard.Facts, at time.Time,
) claim.Faults {
	r := m.Request
	c := guard.Candidate{
		Launch: r.Launch, Source: m.Origin.Source, Group: guard.Group{Account: group.Account, ID: group.ID,
			Facts: &facts},
		Rules: r.Rules, Parts: r.Parts, Received: at, ExpiresAt: r.ExpiresAt, Purpose: r.Purpose,
		Lists: make(map[string]guard.List),
	}
	for _, id := range g.Reads(c) {
		entries, err := d.keeper.groups.Entries(ctx, group.Account, group.Region, id)
		list := guard.List{Entries: entries}
		if err != nil {
			list.Problem = err.Error()
		}
		c.Lists[id] = list
	}
	faults, _ := g.Check(c)
	return faults
}

// show sets the results.
func (m *planModel) show(group string, p preview.Preview) {
	var authorize, covered []secgroup.Entry
	reasons := []attr.Value{}
	for _, g := range p.Groups {
		authorize = append(authorize, g.Authorize...)
		for _, c := range g.Covered {
			covered = append(covered, c.Rule)
		}
	}
	for _, r := range p.Rejected {
		for _, f := range r.Reasons {
			reasons = append(reasons, types.ObjectValueMust(reasonType.AttrTypes, map[string]attr.Value{
				"field": types.StringValue(f.Field), "problem": types.StringValue(f.Problem),
			}))
		}
	}
	m.Allowed = types.BoolValue(len(p.Rejected) == 0)
	m.Authorize, m.Covered = rulesOf(group, authorize), rulesOf(group, covered)
	m.Reasons = types.ListValueMust(reasonType, reasons)
}
