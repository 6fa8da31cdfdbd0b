package provider

import (
	"context"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	datasource "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

// objectOptions read objects of which all values are known.
var objectOptions = basetypes.ObjectAsOptions{}

// Texts of attributes that the resource and the data sources share.
const (
	groupText       = "Security group: its `id`, or its `name` and `vpc`."
	groupIDText     = "Id, `sg-...`."
	groupNameText   = "Name. It needs `vpc`."
	vpcText         = "VPC of the name, `vpc-...`."
	accountText     = "Account of the group. By default, the publisher's."
	regionText      = "Region of the group. By default, the installation's."
	rulesText       = "Rules of the launch, at most 1,000 if each pair of a port range and a peer counts as one."
	protocolText    = "`tcp` (default), `udp`, `icmp`, `icmpv6`, `all`, or an IANA number."
	portsText       = "Ports of TCP or UDP, such as `8000` or `8000,8002-8004`."
	icmpText        = "ICMP type. By default, all types."
	icmpTypeText    = "Type, 0 to 255."
	icmpCodeText    = "Code, 0 to 255. By default, every code."
	fromText        = "Sources of an ingress rule: CIDRs, addresses, `sg-...`, `<account>/sg-...`, `pl-...` or `self`."
	toText          = "Destinations of an egress rule, in the same forms. A rule has either `from` or `to`."
	descriptionText = "Description in EC2. A changed description counts for rules that are made later."
	expiresText     = "Time at which sgkeeper ends the rules, such as `2031-12-01T00:00:00Z`. By default, never."
	requesterText   = "Person or team that needs the ports, at most 128 characters."
	reasonText      = "Reason, at most 512 characters."
	ticketText      = "Ticket, such as `OPS-1234`, at most 128 characters."
)

func optional(text string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: text}
}

// launchSchema returns the schema of sgkeeper_launch.
func launchSchema(ctx context.Context) schema.Schema {
	return schema.Schema{
		MarkdownDescription: "A launch of sgkeeper: rules on one security group, for as long as the resource exists. " +
			"Creating it waits until sgkeeper has opened the rules. Destroying it ends this launch only.",
		Attributes: map[string]schema.Attribute{
			"launch": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Name of the launch. By default, `name_prefix` and a random part, " +
					"so that each resource " +
					"is a launch of its own. After its end, a name is refused for 45 days: " +
					"leave it out unless another " +
					"program must know it.",
			},
			"name_prefix": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString("tf"),
				MarkdownDescription: "Prefix of a name that the provider chooses, " +
					"at most 100 characters. By default `tf`.",
			},
			"group": schema.SingleNestedAttribute{
				Required: true, MarkdownDescription: groupText,
				Attributes: map[string]schema.Attribute{
					"id": optional(groupIDText), "name": optional(groupNameText), "vpc": optional(vpcText),
					"account": optional(accountText), "region": optional(regionText),
				},
			},
			"group_id": schema.StringAttribute{Computed: true,
				MarkdownDescription: "Id of the group that has the rules."},
			"rules": schema.ListNestedAttribute{
				Required: true, MarkdownDescription: rulesText,
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"protocol": optional(protocolText),
					"ports":    optional(portsText),
					"icmp": schema.SingleNestedAttribute{
						Optional: true, MarkdownDescription: icmpText,
						Attributes: map[string]schema.Attribute{
							"type": schema.Int32Attribute{Required: true, MarkdownDescription: icmpTypeText},
							"code": schema.Int32Attribute{Optional: true, MarkdownDescription: icmpCodeText},
						},
					},
					"from": schema.ListAttribute{Optional: true, ElementType: types.StringType,
						MarkdownDescription: fromText},
					"to": schema.ListAttribute{Optional: true, ElementType: types.StringType,
						MarkdownDescription: toText},
					"description": optional(descriptionText),
				}},
			},
			"expires_at": optional(expiresText),
			"requester":  optional(requesterText),
			"reason":     optional(reasonText),
			"ticket":     optional(ticketText),
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{
				Create: true, Update: true, Delete: true,
				CreateDescription: "How long to wait for the rules, such as `10m`. By default 5 minutes.",
				UpdateDescription: "How long to wait for changed rules. By default 5 minutes.",
				DeleteDescription: "How long to wait until the rules are closed. By default 5 minutes.",
			}),
		},
	}
}

// namePrefix is the form of a name's prefix: a launch name that ends before the random part.
var namePrefix = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/=+@-]*$`)

// The types of a group and of a rule.
var (
	groupType = map[string]attr.Type{
		"id": types.StringType, "name": types.StringType, "vpc": types.StringType,
		"account": types.StringType, "region": types.StringType,
	}
	icmpType = map[string]attr.Type{"type": types.Int32Type, "code": types.Int32Type}
	ruleType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"protocol": types.StringType, "ports": types.StringType, "icmp": types.ObjectType{AttrTypes: icmpType},
		"from": types.ListType{ElemType: types.StringType}, "to": types.ListType{ElemType: types.StringType},
		"description": types.StringType,
	}}
)

// ruleAttributes returns the attributes of a rule in a data source, as an argument or a result.
func ruleAttributes(argument bool) map[string]datasource.Attribute {
	text := func(description string) datasource.StringAttribute {
		return datasource.StringAttribute{Optional: argument, Computed: !argument, MarkdownDescription: description}
	}
	list := func(description string) datasource.ListAttribute {
		return datasource.ListAttribute{
			Optional: argument, Computed: !argument, ElementType: types.StringType, MarkdownDescription: description,
		}
	}
	return map[string]datasource.Attribute{
		"protocol": text(protocolText),
		"ports":    text(portsText),
		"icmp": datasource.SingleNestedAttribute{
			Optional: argument, Computed: !argument, MarkdownDescription: icmpText,
			Attributes: map[string]datasource.Attribute{
				"type": datasource.Int32Attribute{Required: argument, Computed: !argument,
					MarkdownDescription: icmpTypeText},
				"code": datasource.Int32Attribute{Optional: argument, Computed: !argument,
					MarkdownDescription: icmpCodeText},
			},
		},
		"from":        list(fromText),
		"to":          list(toText),
		"description": text(descriptionText),
	}
}

// rulesResult returns the attribute for rules that a data source returns.
func rulesResult(description string) datasource.ListNestedAttribute {
	return datasource.ListNestedAttribute{
		Computed: true, MarkdownDescription: description,
		NestedObject: datasource.NestedAttributeObject{Attributes: ruleAttributes(false)},
	}
}
