package provider

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// requestModel holds the attributes that a launch and a plan share: the detail of an event.
type requestModel struct {
	Group     types.Object `tfsdk:"group"`
	Rules     types.List   `tfsdk:"rules"`
	ExpiresAt types.String `tfsdk:"expires_at"`
	Requester types.String `tfsdk:"requester"`
	Reason    types.String `tfsdk:"reason"`
	Ticket    types.String `tfsdk:"ticket"`
}

// launchModel is the resource sgkeeper_launch.
type launchModel struct {
	requestModel
	Launch     types.String   `tfsdk:"launch"`
	NamePrefix types.String   `tfsdk:"name_prefix"`
	GroupID    types.String   `tfsdk:"group_id"`
	Timeouts   timeouts.Value `tfsdk:"timeouts"`
}

type groupModel struct {
	ID      types.String `tfsdk:"id"`
	Name    types.String `tfsdk:"name"`
	VPC     types.String `tfsdk:"vpc"`
	Account types.String `tfsdk:"account"`
	Region  types.String `tfsdk:"region"`
}

type ruleModel struct {
	Protocol    types.String   `tfsdk:"protocol"`
	Ports       types.String   `tfsdk:"ports"`
	ICMP        *icmpModel     `tfsdk:"icmp"`
	From        []types.String `tfsdk:"from"`
	To          []types.String `tfsdk:"to"`
	Description types.String   `tfsdk:"description"`
}

type icmpModel struct {
	Type types.Int32 `tfsdk:"type"`
	Code types.Int32 `tfsdk:"code"`
}

// The detail of an event. An absent value is left out, so that sgkeeper's own defaults apply.
type (
	requestDetail struct {
		Launch    string       `json:"launch"`
		Group     *groupDetail `json:"group,omitempty"`
		Rules     []ruleDetail `json:"rules,omitempty"`
		ExpiresAt *string      `json:"expiresAt,omitempty"`
		Requester *string      `json:"requester,omitempty"`
		Reason    *string      `json:"reason,omitempty"`
		Ticket    *string      `json:"ticket,omitempty"`
	}
	groupDetail struct {
		ID      *string `json:"id,omitempty"`
		Name    *string `json:"name,omitempty"`
		VPC     *string `json:"vpc,omitempty"`
		Account *string `json:"account,omitempty"`
		Region  *string `json:"region,omitempty"`
	}
	ruleDetail struct {
		Protocol    *string     `json:"protocol,omitempty"`
		Ports       *string     `json:"ports,omitempty"`
		ICMP        *icmpDetail `json:"icmp,omitempty"`
		From        *[]string   `json:"from,omitempty"`
		To          *[]string   `json:"to,omitempty"`
		Description *string     `json:"description,omitempty"`
	}
	icmpDetail struct {
		Type *int32 `json:"type,omitempty"`
		Code *int32 `json:"code,omitempty"`
	}
)

// known reports whether all values of the detail are known.
func (m requestModel) known(ctx context.Context) bool {
	group, err := m.Group.ToTerraformValue(ctx)
	if err != nil || !group.IsFullyKnown() {
		return false
	}
	rules, err := m.Rules.ToTerraformValue(ctx)
	if err != nil || !rules.IsFullyKnown() {
		return false
	}
	for _, text := range []types.String{m.ExpiresAt, m.Requester, m.Reason, m.Ticket} {
		if text.IsUnknown() {
			return false
		}
	}
	return true
}

// detail returns the detail of the Launch Requested. All values must be known.
func (m requestModel) detail(ctx context.Context, launch string, diags *diag.Diagnostics) requestDetail {
	d := requestDetail{
		Launch: launch, Group: groupOf(ctx, m.Group, diags), ExpiresAt: m.ExpiresAt.ValueStringPointer(),
		Requester: m.Requester.ValueStringPointer(), Reason: m.Reason.ValueStringPointer(),
		Ticket: m.Ticket.ValueStringPointer(),
	}
	var rules []ruleModel
	diags.Append(m.Rules.ElementsAs(ctx, &rules, false)...)
	for _, r := range rules {
		d.Rules = append(d.Rules, r.detail())
	}
	return d
}

func groupOf(ctx context.Context, object types.Object, diags *diag.Diagnostics) *groupDetail {
	if object.IsNull() {
		return nil
	}
	var g groupModel
	diags.Append(object.As(ctx, &g, objectOptions)...)
	return &groupDetail{
		ID: g.ID.ValueStringPointer(), Name: g.Name.ValueStringPointer(), VPC: g.VPC.ValueStringPointer(),
		Account: g.Account.ValueStringPointer(), Region: g.Region.ValueStringPointer(),
	}
}

// event returns the group as an event names it.
func (g *groupDetail) event() events.Group {
	if g == nil {
		return events.Group{}
	}
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	return events.Group{
		ID: text(g.ID), Name: text(g.Name), VPC: text(g.VPC), Account: text(g.Account), Region: text(g.Region),
	}
}

func (r ruleModel) detail() ruleDetail {
	d := ruleDetail{
		Protocol: r.Protocol.ValueStringPointer(), Ports: r.Ports.ValueStringPointer(),
		From: textsOf(r.From), To: textsOf(r.To), Description: r.Description.ValueStringPointer(),
	}
	if r.ICMP != nil {
		d.ICMP = &icmpDetail{r.ICMP.Type.ValueInt32Pointer(), r.ICMP.Code.ValueInt32Pointer()}
	}
	return d
}

func textsOf(list []types.String) *[]string {
	if list == nil {
		return nil
	}
	texts := make([]string, len(list))
	for i, text := range list {
		texts[i] = text.ValueString()
	}
	return &texts
}

// encode returns the detail as JSON. It cannot fail: a detail holds texts and numbers.
func encode(detail any) json.RawMessage {
	data, err := json.Marshal(detail)
	if err != nil {
		panic(err)
	}
	return data
}

// decode reads a detail as the ensure function does. The faults are nil if it is valid.
func (d requestDetail) decode() (events.Request, claim.Faults) {
	messages, err := events.Decoder{}.DecodeFile(encode(d))
	if err != nil {
		return events.Request{}, claim.Faults{{Problem: err.Error()}}
	}
	m := messages[0]
	if m.Faults != nil || m.Request == nil {
		return events.Request{}, m.Faults
	}
	return *m.Request, nil
}

// endDetail is the detail of a Launch Ended.
type endDetail struct {
	Launch string       `json:"launch"`
	Group  *groupDetail `json:"group,omitempty"`
}

// maxPrefix is the maximum length of a name's prefix, so that a name has at most 128 characters.
const maxPrefix = 100

// newName returns a launch name that no other resource has: the prefix and 80 random bits. A
// name is refused for 45 days after its end, so a resource never chooses one twice.
func newName(prefix string) string {
	bits := make([]byte, 10)
	_, _ = rand.Read(bits) // it never fails
	return prefix + "-" + strings.ToLower(base32.StdEncoding.EncodeToString(bits))
}

// later reports whether a launch with the expiry a lives at least as long as one with b. A zero
// time means never.
func later(a, b time.Time) bool { return a.IsZero() || !b.IsZero() && !a.Before(b) }
