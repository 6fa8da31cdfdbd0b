// Package declared reads the rules that Terraform, CloudFormation or the CDK declare, so that the audit does
// not report them. A value that the file does not hold is unknown: the audit reports that, and explains
// nothing by it.
package declared

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// MaxBytes limits the size of a file.
const MaxBytes = 256 << 20

// File holds the declarations of a file.
type File struct {
	Declarations []drift.Declaration
	// Defaults gives the values of the template's parameters that were taken for their defaults. The stack may
	// have other values.
	Defaults map[string]string
	// Unknown gives the reasons why rules are unknown, by the resource that declares them.
	Unknown map[string]string
}

// Read reads a state or a plan as `terraform show -json` prints it, or a template of CloudFormation or the CDK
// in JSON. Stack is the name of the template's stack. It fails if the data are neither.
func Read(data []byte, stack string) (f File, err error) {
	if len(data) > MaxBytes {
		return f, fmt.Errorf("found %d bytes: want at most %d", len(data), MaxBytes)
	}
	var document struct {
		Version    string               `json:"format_version"`
		Values     *values              `json:"values"`
		Planned    *values              `json:"planned_values"`
		Changes    []change             `json:"resource_changes"`
		Resources  map[string]resource  `json:"Resources"`
		Parameters map[string]parameter `json:"Parameters"`
	}
	err = json.Unmarshal(data, &document)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return f, secgroup.WrongType(wrong)
	}
	if err != nil {
		return f, fmt.Errorf("want JSON: %w; convert a template in YAML first, for example with cfn-flip", err)
	}
	r := reader{file: File{Unknown: make(map[string]string)}, stack: stack}
	switch {
	case document.Version != "" && document.Planned != nil:
		r.terraform(document.Planned, document.Changes)
	case document.Version != "" && document.Values != nil:
		r.terraform(document.Values, nil)
	case document.Resources != nil:
		r.template(document.Resources, document.Parameters)
	case document.Version != "": // an empty state has no values
	default:
		return f, errors.New("want the output of terraform show -json, or a CloudFormation template in JSON")
	}
	return r.file, nil
}

// reader collects the declarations of a file.
type reader struct {
	file  File
	stack string
}

// declare adds the rules of a resource, or the reason why they are unknown.
func (r *reader) declare(resource string, d drift.Declaration, rules []secgroup.Rule, err error) {
	if err != nil {
		r.file.Unknown[resource] = err.Error()
	}
	if d.Rules = rules; len(rules) > 0 {
		r.file.Declarations = append(r.file.Declarations, d)
	}
}

// object is a JSON object with values of several types.
type object map[string]json.RawMessage

// text returns the text, number or boolean of a key; "" if it is absent or null. It fails for any other
// value, such as a function of CloudFormation.
func (o object) text(key string) (string, error) {
	raw := bytes.TrimSpace(o[key])
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return "", nil
	case raw[0] == '{' || raw[0] == '[':
		return "", fmt.Errorf("%s is no literal value", key)
	case raw[0] != '"':
		return string(raw), nil
	}
	var text string
	err := json.Unmarshal(raw, &text)
	return text, err
}

// texts returns the list of texts of a key.
func (o object) texts(key string) (texts []string, err error) {
	raw := bytes.TrimSpace(o[key])
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	if json.Unmarshal(raw, &texts) != nil {
		return nil, fmt.Errorf("%s is no list of literal values", key)
	}
	return texts, nil
}

// objects returns the list of objects of a key. CloudFormation takes one object for a list.
func (o object) objects(key string) (objects []object, err error) {
	raw := bytes.TrimSpace(o[key])
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	if json.Unmarshal(raw, &objects) == nil {
		return objects, nil
	}
	var one object
	if err := json.Unmarshal(raw, &one); err != nil || len(one) == 1 {
		return nil, fmt.Errorf("%s is no literal value", key)
	}
	return []object{one}, nil
}

// traffic is the part of a rule besides its peer.
type traffic struct {
	direction secgroup.Direction
	protocol  secgroup.Protocol
	ports     secgroup.Ports
}

// traffic reads the protocol and the ports of a rule by the names of their keys.
func (o object) traffic(d secgroup.Direction, protocol, from, to string) (t traffic, err error) {
	t.direction = d
	text, err := o.text(protocol)
	if err == nil {
		t.protocol, err = secgroup.ParseProtocol(text)
	}
	if err != nil {
		return t, fmt.Errorf("%s: %w", protocol, err)
	}
	if t.ports.First, err = o.port(from); err == nil {
		t.ports.Last, err = o.port(to)
	}
	if t.protocol.HasPorts() && t.ports == secgroup.NoPorts { // EC2 makes them all ports
		t.ports = secgroup.AllPorts
	}
	switch p := t.ports; {
	case err != nil:
	case t.protocol.HasPorts() && (p.First < 0 || p.First > p.Last || p.Last > secgroup.MaxPort):
		err = fmt.Errorf("%s and %s: %d-%d is no range of ports", from, to, p.First, p.Last)
	case t.protocol.HasTypes() && (p.First < -1 || p.First > 255 || p.Last < -1 || p.Last > 255):
		err = fmt.Errorf("%s and %s: %d/%d is no ICMP type and code", from, to, p.First, p.Last)
	}
	return t, err
}

func (o object) port(key string) (int32, error) {
	text, err := o.text(key)
	if err != nil || text == "" {
		return -1, err
	}
	port, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%s: %q is no number", key, text)
	}
	return int32(port), nil
}

// rule returns the rule for a peer, in the spelling of an event.
func (t traffic) rule(peer string) (secgroup.Rule, error) {
	p, err := secgroup.ParsePeer(peer)
	if err != nil {
		return secgroup.Rule{}, err
	}
	return secgroup.New(t.direction, t.protocol, t.ports, p), nil
}

// rules returns the rules for peers.
func (t traffic) rules(peers []string) (rules []secgroup.Rule, err error) {
	for _, peer := range peers {
		r, one := t.rule(peer)
		if one != nil {
			err = errors.Join(err, one)
			continue
		}
		rules = append(rules, r)
	}
	if len(peers) == 0 && err == nil {
		err = errors.New("it has no peer")
	}
	return rules, err
}
