package provider_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/sgkeeper/sgkeeper/clients/terraform/internal/provider"
)

const launchType = "sgkeeper_launch"

// object is an attribute's value in a configuration. A list is []any.
type object = map[string]any

// core drives the provider by Terraform's plugin protocol, in the order of Terraform's calls, and
// checks its answers as Terraform does. It needs no Terraform.
type core struct {
	t       *testing.T
	server  tfprotov6.ProviderServer
	schemas *tfprotov6.GetProviderSchemaResponse
}

// newCore starts a provider with a configuration.
func newCore(t *testing.T, config object) *core {
	t.Helper()
	server, err := providerserver.NewProtocol6WithError(provider.New("test")())()
	if err != nil {
		t.Fatal(err)
	}
	c := &core{t: t, server: server}
	if c.schemas, err = server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		t.Fatal(err)
	}
	if text := textOf(c.schemas.Diagnostics); text != "" {
		t.Fatal(text)
	}
	if text := c.configure(config); text != "" {
		t.Fatal(text)
	}
	return c
}

// configure returns the diagnostics of ConfigureProvider.
func (c *core) configure(config object) string {
	c.t.Helper()
	value := c.encode(c.schemas.Provider, config)
	answer, err := c.server.ConfigureProvider(c.t.Context(), &tfprotov6.ConfigureProviderRequest{Config: value})
	if err != nil {
		c.t.Fatal(err)
	}
	return textOf(answer.Diagnostics)
}

// managed is a resource as Terraform's state has it.
type managed struct {
	core  *core
	state tftypes.Value // null: it does not exist
}

func (c *core) launch() *managed {
	return &managed{c, tftypes.NewValue(c.schema().ValueType(), nil)}
}

func (c *core) schema() *tfprotov6.Schema { return c.schemas.ResourceSchemas[launchType] }

// validate returns the diagnostics of a configuration.
func (c *core) validate(config object) string {
	c.t.Helper()
	answer, err := c.server.ValidateResourceConfig(c.t.Context(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: launchType, Config: c.encode(c.schema(), config),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return textOf(answer.Diagnostics)
}

// plan returns the planned state and the diagnostics. A nil config plans a destroy.
func (m *managed) plan(config object) (*tfprotov6.PlanResourceChangeResponse, string) {
	m.core.t.Helper()
	c := m.core
	typ := c.schema().ValueType()
	configured := tftypes.NewValue(typ, nil)
	if config != nil {
		if text := c.validate(config); strings.Contains(text, "ERROR") {
			return nil, text
		}
		configured = valueOf(c.t, typ, config)
	}
	answer, err := c.server.PlanResourceChange(c.t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: launchType, PriorState: c.dynamic(typ, m.state), Config: c.dynamic(typ, configured),
		ProposedNewState: c.dynamic(typ, c.proposed(configured, m.state)),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	if len(answer.RequiresReplace) > 0 {
		c.t.Errorf("a change replaces the resource: %v", answer.RequiresReplace)
	}
	return answer, textOf(answer.Diagnostics)
}

// apply plans and applies a configuration, and returns the diagnostics of the step that failed,
// or the warnings.
func (m *managed) apply(config object) string {
	m.core.t.Helper()
	c := m.core
	typ := c.schema().ValueType()
	planned, text := m.plan(config)
	if planned == nil || strings.Contains(text, "ERROR") {
		return text
	}
	configured := tftypes.NewValue(typ, nil)
	if config != nil {
		configured = valueOf(c.t, typ, config)
	}
	plan := c.value(typ, planned.PlannedState)
	if plan.Equal(m.state) {
		return text // Terraform applies nothing
	}
	answer, err := c.server.ApplyResourceChange(c.t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: launchType, PriorState: c.dynamic(typ, m.state), Config: c.dynamic(typ, configured),
		PlannedState: planned.PlannedState, PlannedPrivate: planned.PlannedPrivate,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	m.state = c.value(typ, answer.NewState)
	text += textOf(answer.Diagnostics)
	if !strings.Contains(text, "ERROR") {
		c.consistent(plan, m.state)
	}
	return text
}

// consistent fails the test if an applied state differs from a known part of its plan.
func (c *core) consistent(plan, state tftypes.Value) {
	c.t.Helper()
	differences, err := plan.Diff(state)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, d := range differences {
		if d.Value1 != nil && d.Value1.IsFullyKnown() {
			c.t.Errorf("inconsistent result after apply: %s", d)
		}
	}
	if !state.IsFullyKnown() {
		c.t.Errorf("the new state has unknown values: %s", state)
	}
}

// refresh reads the resource, and returns the diagnostics.
func (m *managed) refresh() string {
	m.core.t.Helper()
	c := m.core
	typ := c.schema().ValueType()
	answer, err := c.server.ReadResource(c.t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: launchType, CurrentState: c.dynamic(typ, m.state),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	m.state = c.value(typ, answer.NewState)
	return textOf(answer.Diagnostics)
}

// imported reads an existing launch into a resource.
func (c *core) imported(id string) (*managed, string) {
	c.t.Helper()
	answer, err := c.server.ImportResourceState(c.t.Context(), &tfprotov6.ImportResourceStateRequest{
		TypeName: launchType, ID: id,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	text := textOf(answer.Diagnostics)
	if len(answer.ImportedResources) != 1 {
		return nil, text
	}
	m := &managed{c, c.value(c.schema().ValueType(), answer.ImportedResources[0].State)}
	return m, text + m.refresh()
}

// data reads a data source.
func (c *core) data(name string, config object) (tftypes.Value, string) {
	c.t.Helper()
	schema := c.schemas.DataSourceSchemas[name]
	answer, err := c.server.ReadDataSource(c.t.Context(), &tfprotov6.ReadDataSourceRequest{
		TypeName: name, Config: c.encode(schema, config),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	if answer.State == nil {
		return tftypes.Value{}, textOf(answer.Diagnostics)
	}
	return c.value(schema.ValueType(), answer.State), textOf(answer.Diagnostics)
}

// exists reports whether the state has the resource.
func (m *managed) exists() bool { return !m.state.IsNull() }

// text returns a text of the state, or "".
func (m *managed) text(attribute string) string {
	m.core.t.Helper()
	if !m.exists() {
		m.core.t.Fatalf("%s of a resource that does not exist", attribute)
	}
	return textIn(m.core.t, m.state, attribute)
}

// textIn returns a text, or "" if it is null. Attributes are separated by spaces, with elements
// of lists by their numbers.
func textIn(t *testing.T, v tftypes.Value, steps string) string {
	t.Helper()
	path := tftypes.NewAttributePath()
	for step := range strings.FieldsSeq(steps) {
		var n int
		if _, err := fmt.Sscanf(step, "%d", &n); err == nil {
			path = path.WithElementKeyInt(n)
		} else {
			path = path.WithAttributeName(step)
		}
	}
	found, _, err := tftypes.WalkAttributePath(v, path)
	if err != nil {
		t.Fatalf("%s: %v", steps, err)
	}
	value := found.(tftypes.Value)
	if value.IsNull() {
		return ""
	}
	var text string
	if err := value.As(&text); err != nil {
		t.Fatalf("%s: %v", steps, err)
	}
	return text
}

// proposed merges a configuration with the prior state: Terraform keeps the prior value of a
// computed attribute that the configuration leaves out.
func (c *core) proposed(config, prior tftypes.Value) tftypes.Value {
	c.t.Helper()
	if config.IsNull() || prior.IsNull() {
		return config
	}
	var values, before map[string]tftypes.Value
	if err := config.As(&values); err != nil {
		c.t.Fatal(err)
	}
	if err := prior.As(&before); err != nil {
		c.t.Fatal(err)
	}
	for _, a := range c.schema().Block.Attributes {
		if a.Computed && values[a.Name].IsNull() {
			values[a.Name] = before[a.Name]
		}
	}
	return tftypes.NewValue(config.Type(), values)
}

func (c *core) encode(schema *tfprotov6.Schema, config object) *tfprotov6.DynamicValue {
	c.t.Helper()
	return c.dynamic(schema.ValueType(), valueOf(c.t, schema.ValueType(), config))
}

func (c *core) dynamic(typ tftypes.Type, v tftypes.Value) *tfprotov6.DynamicValue {
	c.t.Helper()
	d, err := tfprotov6.NewDynamicValue(typ, v)
	if err != nil {
		c.t.Fatal(err)
	}
	return &d
}

func (c *core) value(typ tftypes.Type, d *tfprotov6.DynamicValue) tftypes.Value {
	c.t.Helper()
	if d == nil {
		return tftypes.NewValue(typ, nil)
	}
	v, err := d.Unmarshal(typ)
	if err != nil {
		c.t.Fatal(err)
	}
	return v
}

// unknown is a value that a configuration has from a resource which does not exist yet.
type unknown struct{}

// valueOf returns a value of a type. Attributes that are left out are null.
func valueOf(t *testing.T, typ tftypes.Type, v any) tftypes.Value {
	t.Helper()
	if _, ok := v.(unknown); ok {
		return tftypes.NewValue(typ, tftypes.UnknownValue)
	}
	switch typ := typ.(type) {
	case tftypes.Object:
		fields, given := v.(object)
		if !given {
			return tftypes.NewValue(typ, nil)
		}
		values := map[string]tftypes.Value{}
		for name, of := range typ.AttributeTypes {
			values[name] = valueOf(t, of, fields[name])
		}
		for name := range fields {
			if typ.AttributeTypes[name] == nil {
				t.Fatalf("there is no attribute %s", name)
			}
		}
		return tftypes.NewValue(typ, values)
	case tftypes.List:
		list, given := v.([]any)
		if !given {
			return tftypes.NewValue(typ, nil)
		}
		values := make([]tftypes.Value, len(list))
		for i, element := range list {
			values[i] = valueOf(t, typ.ElementType, element)
		}
		return tftypes.NewValue(typ, values)
	}
	if n, ok := v.(int); ok {
		return tftypes.NewValue(typ, big.NewFloat(float64(n)))
	}
	return tftypes.NewValue(typ, v)
}

// textOf returns diagnostics as lines: the severity, the attribute, and the message.
func textOf(diagnostics []*tfprotov6.Diagnostic) string {
	var text strings.Builder
	for _, d := range diagnostics {
		at := ""
		if d.Attribute != nil {
			at = d.Attribute.String()
		}
		fmt.Fprintf(&text, "%s %s: %s: %s\n", d.Severity, at, d.Summary, d.Detail)
	}
	return text.String()
}

func boolIn(t *testing.T, v tftypes.Value, attribute string) (b bool) {
	t.Helper()
	var values map[string]tftypes.Value
	if err := v.As(&values); err != nil {
		t.Fatal(err)
	}
	if err := values[attribute].As(&b); err != nil {
		t.Fatal(err)
	}
	return b
}
