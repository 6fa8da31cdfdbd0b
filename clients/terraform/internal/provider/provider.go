// Package provider is the Terraform provider of sgkeeper, on Terraform's plugin protocol 6.
//
// The resource sgkeeper_launch publishes the events of a launch on sgkeeper's bus, and waits for
// their outcomes by the alias of the ensure function that answers waits. The provider holds no
// permission to change a security group.
package provider

import (
	"context"
	"fmt"
	"net/url"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// New returns the constructor of the provider with a version.
func New(version string) func() provider.Provider {
	return func() provider.Provider { return &sgkeeper{version} }
}

type sgkeeper struct{ version string }

// providerModel is the configuration of the provider.
type providerModel struct {
	Region      types.String `tfsdk:"region"`
	Profile     types.String `tfsdk:"profile"`
	EndpointURL types.String `tfsdk:"endpoint_url"`
	Account     types.String `tfsdk:"account"`
	Bus         types.String `tfsdk:"bus"`
	Source      types.String `tfsdk:"source"`
	Waiter      types.String `tfsdk:"waiter"`
	Table       types.String `tfsdk:"table"`
}

// Defaults of the provider's configuration: the names of an installation's parts.
const (
	defaultBus    = "sgkeeper"
	defaultSource = "terraform"
	defaultWaiter = "sgkeeper-ensure:wait"
	defaultTable  = "sgkeeper"
)

// Metadata implements provider.Provider.
func (p *sgkeeper) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName, resp.Version = "sgkeeper", p.version
}

// Schema implements provider.Provider.
func (p *sgkeeper) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Opens ports in shared AWS security groups by " +
			"[sgkeeper](https://github.com/sgkeeper/sgkeeper).",
		Attributes: map[string]schema.Attribute{
			"region": text("AWS Region of sgkeeper's installation. By default, " +
				"the Region of the AWS configuration."),
			"profile": text("Profile of the AWS configuration files."),
			"endpoint_url": text("URL of all AWS services, for example of `sgkeeper local`. " +
				"`AWS_ENDPOINT_URL` works, too."),
			"account": text("Account that publishes the events, 12 digits. " +
				"Set it if it is not the account of sgkeeper's installation."),
			"bus":    text("Name or ARN of sgkeeper's event bus. By default `" + defaultBus + "`."),
			"source": text("Source of the events, which guardrails may require. By default `" + defaultSource + "`."),
			"waiter": text("Function alias that answers waits, as `name:alias` or as an ARN. " +
				"By default `" + defaultWaiter + "`."),
			"table": text("Name or ARN of sgkeeper's table. Only data sources and imports read it. " +
				"By default `" + defaultTable + "`."),
		},
	}
}

// Configure implements provider.Provider. Values that are known only after an apply leave the
// provider without clients, so that a plan succeeds.
func (p *sgkeeper) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var m providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !req.Config.Raw.IsFullyKnown() {
		return
	}
	m.check(&resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	c, err := m.load(ctx)
	if err != nil {
		resp.Diagnostics.AddError("The AWS configuration cannot be used", err.Error())
		return
	}
	k := newKeeper(c, m)
	resp.ResourceData, resp.DataSourceData = k, k
}

// accountID is the form of an AWS account's id.
var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// check adds an error for each value of a wrong form.
func (m providerModel) check(diags *diag.Diagnostics) {
	if account := m.Account.ValueString(); account != "" && !accountID.MatchString(account) {
		diags.AddAttributeError(path.Root("account"), "Invalid account",
			fmt.Sprintf("found %q: want 12 digits", account))
	}
	endpoint := m.EndpointURL.ValueString()
	if u, err := url.Parse(endpoint); endpoint != "" && (err != nil || u.Host == "") {
		diags.AddAttributeError(path.Root("endpoint_url"), "Invalid URL",
			fmt.Sprintf("found %q: want a URL such as http://127.0.0.1:4599", endpoint))
	}
}

// load returns the configuration of AWS clients.
func (m providerModel) load(ctx context.Context) (aws.Config, error) {
	options := []func(*config.LoadOptions) error{config.WithLogger(logging.Nop{})}
	if region := m.Region.ValueString(); region != "" {
		options = append(options, config.WithRegion(region))
	}
	if profile := m.Profile.ValueString(); profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	if endpoint := m.EndpointURL.ValueString(); endpoint != "" {
		options = append(options, config.WithBaseEndpoint(endpoint))
	}
	c, err := config.LoadDefaultConfig(ctx, options...)
	switch {
	case err != nil:
		return c, err
	case c.Region == "":
		return c, fmt.Errorf("no AWS Region: set region in the provider, or AWS_REGION")
	case !smithyhttp.ValidHostLabel(c.Region):
		return c, fmt.Errorf("AWS Region %q: want one such as us-east-1", c.Region)
	}
	return c, nil
}

// Resources implements provider.Provider.
func (p *sgkeeper) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return &launchResource{} }}
}

// DataSources implements provider.Provider.
func (p *sgkeeper) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		func() datasource.DataSource { return &claimsData{} },
		func() datasource.DataSource { return &planData{} },
	}
}

// keeperOf returns the clients that Configure made. It adds an error if there are none.
func keeperOf(data any, diags *diag.Diagnostics) *keeper {
	k, ok := data.(*keeper)
	if !ok {
		diags.AddError("The provider is not configured",
			"the provider's configuration has values that are not known yet")
	}
	return k
}
