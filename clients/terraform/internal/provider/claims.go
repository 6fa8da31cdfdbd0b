package provider

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// claimsData is the data source sgkeeper_claims: the live requests of launches, as
// `sgkeeper claims` prints them. It reads the table.
type claimsData struct{ dataSource }

type claimsModel struct {
	Group  types.String `tfsdk:"group"`
	Launch types.String `tfsdk:"launch"`
	Claims types.List   `tfsdk:"claims"`
}

// claimType is the type of one request.
var claimType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"launch": types.StringType, "account": types.StringType, "namespace": types.StringType,
	"group": types.StringType, "group_account": types.StringType, "region": types.StringType,
	"rules": types.ListType{ElemType: ruleType}, "received_at": types.StringType, "expires_at": types.StringType,
	"requester": types.StringType, "reason": types.StringType, "ticket": types.StringType,
}}

// Metadata implements datasource.DataSource.
func (d *claimsData) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "sgkeeper_claims"
}

// Schema implements datasource.DataSource.
func (d *claimsData) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The live requests of launches. Needs `dynamodb:Query` on sgkeeper's " +
			"table for one group, " +
			"or `dynamodb:Scan` without `group`.",
		Attributes: map[string]schema.Attribute{
			"group": schema.StringAttribute{Optional: true,
				MarkdownDescription: "Id of a security group. By default, all groups."},
			"launch": schema.StringAttribute{Optional: true,
				MarkdownDescription: "Name of a launch. By default, all launches."},
			"claims": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "Requests, by group and in the order of receipt.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"launch":        text("Name of the launch."),
					"account":       text("Account of the publisher."),
					"namespace":     text("Name of the publisher in the guardrails, or null."),
					"group":         text("Id of the security group."),
					"group_account": text("Account of the group."),
					"region":        text("Region of the group."),
					"rules":         rulesResult("Rules, one peer each."),
					"received_at":   text("Time of receipt."),
					"expires_at":    text("Time of expiry, or null."),
					"requester":     text("Requester, or null."),
					"reason":        text("Reason, or null."),
					"ticket":        text("Ticket, or null."),
				}},
			},
		},
	}
}

// Read implements datasource.DataSource.
func (d *claimsData) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m claimsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if id := m.Group.ValueString(); !m.Group.IsNull() && !secgroup.IsGroupID(id) {
		resp.Diagnostics.AddAttributeError(path.Root("group"), "Invalid group",
			fmt.Sprintf("found %q: want sg- and 8 to 17 hexadecimal digits in lower case", id))
	}
	if keeperOf(d.keeper, &resp.Diagnostics); resp.Diagnostics.HasError() {
		return
	}
	requests, err := d.read(ctx, m.Group.ValueString())
	if err != nil {
		resp.Diagnostics.AddError("The table cannot be read",
			fmt.Sprintf("%s\n\nThe provider's table is %q. This data source needs the permission to read it.",
				err, d.keeper.tableName))
		return
	}
	requests = slices.DeleteFunc(requests, func(r claim.Request) bool {
		return r.Status != claim.Open || !m.Launch.IsNull() && r.Launch.Name != m.Launch.ValueString()
	})
	requests = claim.InOrder(requests)
	slices.SortStableFunc(requests, func(r, q claim.Request) int {
		return cmp.Compare(r.Group.String(), q.Group.String())
	})
	claims := make([]attr.Value, len(requests))
	for i, r := range requests {
		claims[i] = claimOf(r)
	}
	m.Claims = types.ListValueMust(claimType, claims)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// read returns the requests of one group, or of all groups.
func (d *claimsData) read(ctx context.Context, group string) ([]claim.Request, error) {
	if group == "" {
		return d.keeper.table.AllRequests(ctx)
	}
	account, err := d.keeper.home(ctx)
	if err != nil {
		return nil, err
	}
	return d.keeper.table.Requests(ctx, claim.Group{Account: account, Region: d.keeper.config.Region, ID: group})
}

func claimOf(r claim.Request) attr.Value {
	expires := ""
	if !r.ExpiresAt.IsZero() {
		expires = r.ExpiresAt.UTC().Format(time.RFC3339Nano)
	}
	return types.ObjectValueMust(claimType.AttrTypes, map[string]attr.Value{
		"launch": textOf(r.Launch.Name), "account": textOf(r.Launch.Account), "namespace": textOf(r.Launch.Namespace),
		"group": textOf(r.Group.ID), "group_account": textOf(r.Group.Account), "region": textOf(r.Group.Region),
		"rules":       rulesOf(r.Group.ID, r.Rules),
		"received_at": textOf(r.Received.UTC().Format(time.RFC3339Nano)), "expires_at": textOf(expires),
		"requester": textOf(r.Purpose.Requester), "reason": textOf(r.Purpose.Reason),
		"ticket": textOf(r.Purpose.Ticket),
	})
}

// textOf returns a text, or null if it is empty.
func textOf(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}
