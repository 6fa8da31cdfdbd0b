package declared

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// These types are the parts of Terraform's JSON output format that declare rules
// (https://developer.hashicorp.com/terraform/internals/json-format, version 1).

type values struct {
	Root module `json:"root_module"`
}

type module struct {
	Resources []instance `json:"resources"`
	Children  []module   `json:"child_modules"`
}

// instance is one resource; for_each and count make several.
type instance struct {
	Address string `json:"address"`
	Mode    string `json:"mode"`
	Type    string `json:"type"`
	Values  object `json:"values"`
}

// change is one change of a plan.
type change struct {
	Address string `json:"address"`
	Change  struct {
		Unknown object `json:"after_unknown"` // true at each value that is known after apply
	} `json:"change"`
}

func (r *reader) terraform(v *values, changes []change) {
	unknown := make(map[string]object)
	for _, c := range changes {
		unknown[c.Address] = c.Change.Unknown
	}
	r.module(v.Root, unknown)
}

func (r *reader) module(m module, unknown map[string]object) {
	for _, i := range m.Resources {
		if i.Mode == "managed" {
			r.instance(i, unknown[i.Address])
		}
	}
	for _, child := range m.Children {
		r.module(child, unknown)
	}
}

// attributes are the attributes of each type of resource that decide on its rules.
var attributes = map[string][]string{
	"aws_security_group":         {"id", "ingress", "egress"},
	"aws_default_security_group": {"id", "ingress", "egress"},
	"aws_security_group_rule": {"security_group_id", "type", "source_security_group_id", "protocol", "from_port",
		"to_port", "cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "self"},
	"aws_vpc_security_group_ingress_rule": single,
	"aws_vpc_security_group_egress_rule":  single,
}

var single = []string{"security_group_id", "ip_protocol", "from_port", "to_port", "cidr_ipv4", "cidr_ipv6",
	"prefix_list_id", "referenced_security_group_id"}

// instance reads the rules of one resource.
func (r *reader) instance(i instance, unknown object) {
	names, ok := attributes[i.Type]
	if !ok {
		return
	}
	for _, name := range names {
		if bytes.Contains(unknown[name], []byte("true")) {
			err := fmt.Errorf("%s is known after apply: give the state, or plan again", name)
			r.declare(i.Address, drift.Declaration{}, nil, err)
			return
		}
	}
	key := "security_group_id"
	if names[0] == "id" {
		key = "id"
	}
	group, err := i.Values.text(key)
	if err == nil && !secgroup.IsGroupID(group) {
		err = fmt.Errorf("%s: %q is no security group's id", key, group)
	}
	if err != nil {
		r.declare(i.Address, drift.Declaration{}, nil, err)
		return
	}
	var rules []secgroup.Rule
	switch i.Type {
	case "aws_security_group_rule":
		rules, err = i.Values.ruleResource()
	case "aws_vpc_security_group_ingress_rule":
		rules, err = i.Values.single(secgroup.Ingress)
	case "aws_vpc_security_group_egress_rule":
		rules, err = i.Values.single(secgroup.Egress)
	default:
		in, inErr := i.Values.blocks("ingress", secgroup.Ingress)
		out, outErr := i.Values.blocks("egress", secgroup.Egress)
		rules, err = append(in, out...), errors.Join(inErr, outErr)
	}
	r.declare(i.Address, drift.Declaration{Group: group}, rules, err)
}

// blocks reads the inline rules of a group.
func (o object) blocks(key string, d secgroup.Direction) (rules []secgroup.Rule, err error) {
	blocks, err := o.objects(key)
	for _, b := range blocks {
		some, one := b.block(d)
		rules, err = append(rules, some...), errors.Join(err, one)
	}
	return rules, err
}

// block reads an inline rule, or the same attributes of an aws_security_group_rule.
func (o object) block(d secgroup.Direction, more ...string) ([]secgroup.Rule, error) {
	t, err := o.traffic(d, "protocol", "from_port", "to_port")
	if err != nil {
		return nil, err
	}
	peers := more
	for _, key := range []string{"cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups"} {
		some, err := o.texts(key)
		if err != nil {
			return nil, err
		}
		peers = append(peers, some...)
	}
	self, err := o.text("self")
	if err != nil {
		return nil, err
	}
	if self == "true" {
		peers = append(peers, "self")
	}
	return t.rules(peers)
}

// ruleResource reads an aws_security_group_rule.
func (o object) ruleResource() ([]secgroup.Rule, error) {
	kind, err := o.text("type")
	if err != nil {
		return nil, err
	}
	d := secgroup.Ingress
	switch kind {
	case "ingress":
	case "egress":
		d = secgroup.Egress
	default:
		return nil, fmt.Errorf("type: found %q, want ingress or egress", kind)
	}
	source, err := o.text("source_security_group_id")
	if err != nil {
		return nil, err
	}
	if self, _ := o.text("self"); source == "" || self == "true" { // with self, the source repeats the group
		return o.block(d)
	}
	return o.block(d, source)
}

// single reads an aws_vpc_security_group_ingress_rule or egress_rule.
func (o object) single(d secgroup.Direction) ([]secgroup.Rule, error) {
	t, err := o.traffic(d, "ip_protocol", "from_port", "to_port")
	if err != nil {
		return nil, err
	}
	var peers []string
	for _, key := range []string{"cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"} {
		peer, err := o.text(key)
		if err != nil {
			return nil, err
		}
		if peer != "" {
			peers = append(peers, peer)
		}
	}
	return t.rules(peers)
}
