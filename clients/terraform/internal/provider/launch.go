package provider

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// launchResource is the resource sgkeeper_launch.
type launchResource struct{ keeper *keeper }

var (
	_ resource.ResourceWithConfigure      = (*launchResource)(nil)
	_ resource.ResourceWithValidateConfig = (*launchResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*launchResource)(nil)
	_ resource.ResourceWithImportState    = (*launchResource)(nil)
)

// Timeouts of the resource.
const (
	defaultTimeout = 5 * time.Minute
	readTimeout    = time.Minute
	endTimeout     = 30 * time.Second // to publish the end of a launch that failed
)

const refusedSummary = "sgkeeper refuses the launch"

// Metadata implements resource.Resource.
func (r *launchResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "sgkeeper_launch"
}

// Schema implements resource.Resource.
func (r *launchResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = launchSchema(ctx)
}

// Configure implements resource.ResourceWithConfigure.
func (r *launchResource) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	r.keeper, _ = req.ProviderData.(*keeper)
}

// Create publishes the launch and waits until it is served. A launch that is not served leaves
// nothing open: sgkeeper refused it, or Create ends it.
func (r *launchResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m launchModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	timeout, diags := m.Timeouts.Create(ctx, defaultTimeout)
	resp.Diagnostics.Append(diags...)
	if keeperOf(r.keeper, &resp.Diagnostics); resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	m.name()
	if ended := r.open(ctx, &m, &resp.Diagnostics); !ended {
		// If open failed, Terraform marks the resource as tainted, and ends it by Delete.
		resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
	}
}

// name gives the launch a name if the configuration has none.
func (m *launchModel) name() {
	if m.Launch.IsUnknown() || m.Launch.IsNull() {
		m.Launch = types.StringValue(newName(m.NamePrefix.ValueString()))
	}
}

// open publishes a launch and waits until it is served. If it fails, it ends the launch. ended
// reports that no rule of the launch is left, or will be.
func (r *launchResource) open(ctx context.Context, m *launchModel, diags *diag.Diagnostics) (ended bool) {
	rejected, err := r.request(ctx, m, diags)
	switch {
	case rejected:
		return true // sgkeeper opens no rule of a refused request
	case err == nil:
		return false
	}
	m.GroupID = types.StringNull()
	endErr := r.end(context.WithoutCancel(ctx), *m, diags)
	problem := fmt.Sprintf("%s\n\nThe launch %s was ended, so that nothing stays open.", err, m.Launch.ValueString())
	if endErr != nil {
		problem = fmt.Sprintf("%s\n\nThe end of the launch %s could not be published either: %s\n\n"+
			"Ports of the launch may be open until you destroy this resource, or run: sgkeeper close --launch %s",
			err, m.Launch.ValueString(), endErr, m.Launch.ValueString())
	}
	diags.AddError("The launch was not served", problem)
	return endErr == nil
}

// request publishes a launch and waits until it is served. It adds the reasons of a refusal to
// the diagnostics, and sets the id of the group.
func (r *launchResource) request(
	ctx context.Context, m *launchModel, diags *diag.Diagnostics,
) (rejected bool, err error) {
	detail := m.detail(ctx, m.Launch.ValueString(), diags)
	request, faults := detail.decode()
	addFaults(diags, "Invalid launch", faults)
	if diags.HasError() {
		return true, nil
	}
	receipt, err := r.keeper.publish(ctx, events.LaunchRequested, encode(detail))
	if err != nil {
		return false, err
	}
	outcomes, err := r.keeper.await(ctx, events.Wait{Request: &request}, receipt)
	if err != nil {
		return false, err
	}
	if reasons := rejectionOf(outcomes); reasons != nil {
		addFaults(diags, refusedSummary, reasons)
		return true, nil
	}
	m.GroupID = types.StringValue(outcomes[0].Group.ID)
	for _, o := range outcomes {
		r.remark(o, diags)
	}
	return false, nil
}

// remark adds warnings about an outcome.
func (r *launchResource) remark(o events.Outcome, diags *diag.Diagnostics) {
	if o.Status == events.Observed {
		diags.AddWarning("sgkeeper only observes",
			"The installation is in observe mode: it recorded the launch, and opened no port. Set its mode to enforce.")
	}
	for _, f := range o.Reasons {
		if at, ok := attributeOf(f.Field); ok {
			diags.AddAttributeWarning(at, "sgkeeper corrected a value", f.Problem)
		}
	}
}

// end publishes the end of a launch in its group. It has a time of its own, because the launch
// may have used up the resource's.
func (r *launchResource) end(ctx context.Context, m launchModel, diags *diag.Diagnostics) error {
	ctx, cancel := context.WithTimeout(ctx, endTimeout)
	defer cancel()
	_, err := r.keeper.publish(ctx, events.LaunchEnded, encode(m.end(ctx, diags)))
	return err
}

// end returns the detail of the launch's end: in the group that was found, so that a group of
// the same name that was made later does not matter.
func (m launchModel) end(ctx context.Context, diags *diag.Diagnostics) endDetail {
	group := groupOf(ctx, m.Group, diags)
	if id := m.GroupID.ValueStringPointer(); id != nil && group != nil {
		group.ID, group.Name, group.VPC = id, nil, nil
	}
	return endDetail{m.Launch.ValueString(), group}
}

// Read removes the resource if its launch is not live any more: somebody ended it, or it
// expired. The next apply then opens it again.
func (r *launchResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m launchModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if keeperOf(r.keeper, &resp.Diagnostics); resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	outcomes, err := r.keeper.ask(ctx, m.Launch.ValueString(), m.end(ctx, &resp.Diagnostics).Group.event())
	live := false
	if err == nil {
		live, err = isLive(outcomes)
	}
	switch {
	case err != nil:
		resp.Diagnostics.AddError("The launch cannot be read", err.Error())
	case live:
		resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
	default:
		resp.State.RemoveResource(ctx)
	}
}

// isLive reads the outcomes of a wait for the live requests of a launch that was served before. A
// queued launch is live: for example, sgkeeper is about to open a rule again that somebody
// removed. A rejected one is not: it ended, it expired, or its group is gone.
func isLive(outcomes []events.Outcome) (bool, error) {
	reasons := rejectionOf(outcomes)
	for _, f := range reasons {
		if key, _, _ := strings.Cut(strings.TrimPrefix(f.Field, "/"), "/"); attributes[key] == "" {
			return false, fmt.Errorf("the answer is not about the launch: %s", reasons.Error()) // about the wait
		}
	}
	return reasons == nil && len(outcomes) > 0, nil
}

// Update changes a launch. A launch only grows: more rules, or a later expiry, are added to it.
// Any other change opens a launch with a new name, waits until it is served, and then ends the
// old one. So no port is closed in between.
func (r *launchResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var old, m launchModel
	resp.Diagnostics.Append(req.State.Get(ctx, &old)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	timeout, diags := m.Timeouts.Update(ctx, defaultTimeout)
	resp.Diagnostics.Append(diags...)
	if keeperOf(r.keeper, &resp.Diagnostics); resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	how := changeOf(ctx, old, m, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	switch {
	case how == same:
		m.Launch, m.GroupID = old.Launch, old.GroupID
	case how == grows:
		m.Launch = old.Launch
		if !r.add(ctx, &m, &resp.Diagnostics) {
			return
		}
	default:
		m.name()
		if ended := r.open(ctx, &m, &resp.Diagnostics); ended || resp.Diagnostics.HasError() {
			return // the old launch is still live, and in the state
		}
		resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
		r.finish(ctx, old, &resp.Diagnostics)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// add requests more for a live launch. If it fails, the launch keeps the rules that it has.
func (r *launchResource) add(ctx context.Context, m *launchModel, diags *diag.Diagnostics) bool {
	rejected, err := r.request(ctx, m, diags)
	if err != nil {
		diags.AddError("The change was not served",
			err.Error()+"\n\nThe launch keeps its earlier rules. Apply again to repeat the change.")
	}
	return !rejected && err == nil
}

// finish ends a launch that another one has replaced. If that fails, the ports of the old launch
// stay open, and the message says how to close them.
func (r *launchResource) finish(ctx context.Context, old launchModel, diags *diag.Diagnostics) {
	if err := r.close(ctx, old, diags); err != nil {
		diags.AddError("The earlier launch was not ended", fmt.Sprintf("%s\n\nThe new launch is open. "+
			"End the earlier one: sgkeeper close --launch %s", err, old.Launch.ValueString()))
	}
}

// Delete ends this launch, and waits until its rules are closed. Rules of other launches stay.
func (r *launchResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m launchModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	timeout, diags := m.Timeouts.Delete(ctx, defaultTimeout)
	resp.Diagnostics.Append(diags...)
	if keeperOf(r.keeper, &resp.Diagnostics); resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := r.close(ctx, m, &resp.Diagnostics); err != nil {
		resp.Diagnostics.AddError("The launch was not ended", err.Error())
	}
}

// close ends a launch, and waits until its rules are closed.
func (r *launchResource) close(ctx context.Context, m launchModel, diags *diag.Diagnostics) error {
	detail := m.end(ctx, diags)
	receipt, err := r.keeper.publish(ctx, events.LaunchEnded, encode(detail))
	if err != nil {
		return err
	}
	group := detail.Group.event()
	end := events.End{Launch: claim.Launch{Name: detail.Launch}, Group: &group}
	outcomes, err := r.keeper.await(ctx, events.Wait{End: &end}, receipt)
	if err != nil {
		return err
	}
	if reasons := rejectionOf(outcomes); reasons != nil {
		return reasons
	}
	return nil
}

// ValidateConfig checks the event as sgkeeper does, before anything is published.
func (r *launchResource) ValidateConfig(
	ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse,
) {
	var m launchModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	prefix := m.NamePrefix.ValueString()
	given := !m.NamePrefix.IsNull() && !m.NamePrefix.IsUnknown()
	if given && (!namePrefix.MatchString(prefix) || len(prefix) > maxPrefix) {
		resp.Diagnostics.AddAttributeError(path.Root("name_prefix"), "Invalid prefix",
			fmt.Sprintf("found %q: want a letter or digit, then up to %d of letters, digits and ._:/=+@-", prefix,
				maxPrefix-1))
	}
	if !m.known(ctx) {
		return
	}
	launch := "tf" // a stand-in for a name that is not known yet
	if !m.Launch.IsNull() && !m.Launch.IsUnknown() {
		launch = m.Launch.ValueString()
	}
	detail := m.detail(ctx, launch, &resp.Diagnostics)
	if _, faults := detail.decode(); faults != nil {
		addFaults(&resp.Diagnostics, "Invalid launch", faults)
	}
}
