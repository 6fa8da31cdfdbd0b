package declared

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// resource is a resource of a template.
type resource struct {
	Type       string `json:"Type"`
	Condition  string `json:"Condition"`
	Properties object `json:"Properties"`
}

// template reads the resources of a template. A template has no ids: CloudFormation tags a group with the
// stack's name and the resource's logical id.
func (r *reader) template(resources map[string]resource, parameters map[string]parameter) {
	r.file.Defaults = make(map[string]string)
	values := resolver{resources, parameters, r.file.Defaults}
	for _, name := range slices.Sorted(maps.Keys(resources)) {
		res := resources[name]
		switch res.Type {
		case "AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress":
			res.Properties = values.object(res.Properties)
		}
		switch res.Type {
		case "AWS::EC2::SecurityGroup":
			in, inErr := res.Properties.listed("SecurityGroupIngress", secgroup.Ingress, name)
			out, outErr := res.Properties.listed("SecurityGroupEgress", secgroup.Egress, name)
			d := drift.Declaration{Stack: r.stack, LogicalID: name}
			r.declareIf(name, res, d, append(in, out...), errors.Join(inErr, outErr))
		case "AWS::EC2::SecurityGroupIngress":
			r.apart(name, res, secgroup.Ingress)
		case "AWS::EC2::SecurityGroupEgress":
			r.apart(name, res, secgroup.Egress)
		}
	}
}

// declareIf declares the rules of a resource unless it has a condition.
func (r *reader) declareIf(name string, res resource, d drift.Declaration, rules []secgroup.Rule, err error) {
	if res.Condition != "" {
		rules, err = nil, fmt.Errorf("it depends on the condition %q", res.Condition)
	}
	r.declare(name, d, rules, err)
}

// apart reads a rule that is a resource of its own.
func (r *reader) apart(name string, res resource, d secgroup.Direction) {
	of := drift.Declaration{Stack: r.stack, LogicalID: res.Properties.reference("GroupId")}
	var err error
	if of.LogicalID == "" {
		if of.Group, err = res.Properties.text("GroupId"); err == nil && !secgroup.IsGroupID(of.Group) {
			err = fmt.Errorf("GroupId: %q is no security group's id", of.Group)
		}
	}
	var rules []secgroup.Rule
	if err == nil {
		rules, err = res.Properties.declaredRule(d, of.LogicalID)
	}
	r.declareIf(name, res, of, rules, err)
}

// listed reads the rules within a group of that logical id.
func (o object) listed(key string, d secgroup.Direction, group string) (rules []secgroup.Rule, err error) {
	all, err := o.objects(key)
	for _, one := range all {
		some, oneErr := one.declaredRule(d, group)
		rules, err = append(rules, some...), errors.Join(err, oneErr)
	}
	return rules, err
}

// declaredRule reads one rule of a group of that logical id. A reference to the group itself is self.
func (o object) declaredRule(d secgroup.Direction, group string) ([]secgroup.Rule, error) {
	t, err := o.traffic(d, "IpProtocol", "FromPort", "ToPort")
	if err != nil {
		return nil, err
	}
	side := "Source"
	if d == secgroup.Egress {
		side = "Destination"
	}
	owner, err := o.text("SourceSecurityGroupOwnerId")
	if err != nil {
		return nil, err
	}
	var peers []string
	for _, key := range []string{"CidrIp", "CidrIpv6", side + "PrefixListId", side + "SecurityGroupId"} {
		if name := o.reference(key); name != "" && name == group {
			peers = append(peers, "self")
			continue
		}
		peer, err := o.text(key)
		switch {
		case err != nil:
			return nil, err
		case peer == "":
			continue
		case owner != "" && strings.HasPrefix(peer, "sg-"):
			peer = owner + "/" + peer
		}
		peers = append(peers, peer)
	}
	return t.rules(peers)
}

// reference returns the logical id of the group that a value refers to; "" if it is another value.
func (o object) reference(key string) string {
	var value struct {
		GetAtt json.RawMessage `json:"Fn::GetAtt"`
	}
	if json.Unmarshal(o[key], &value) != nil {
		return ""
	}
	var path []string
	if json.Unmarshal(value.GetAtt, &path) == nil && len(path) == 2 && path[1] == "GroupId" {
		return path[0]
	}
	var dotted string
	if json.Unmarshal(value.GetAtt, &dotted) == nil {
		if name, ok := strings.CutSuffix(dotted, ".GroupId"); ok {
			return name
		}
	}
	return ""
}
