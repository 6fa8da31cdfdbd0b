package declared

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

// parameter is a parameter of a template.
type parameter struct {
	Type    string `json:"Type"`
	Default any    `json:"Default"`
	NoEcho  any    `json:"NoEcho"`
}

// value returns the default, if it is a literal. A list has several values, and the default of a parameter in
// Parameter Store is only its name.
func (p parameter) value() (value string, ok bool) {
	list := strings.HasPrefix(p.Type, "List<") || p.Type == "CommaDelimitedList"
	if list || strings.HasPrefix(p.Type, "AWS::SSM::") || p.NoEcho != nil {
		return "", false
	}
	switch d := p.Default.(type) {
	case string:
		return d, d != ""
	case float64:
		text, err := json.Marshal(d)
		return string(text), err == nil
	}
	return "", false
}

// resolver replaces references to parameters by their defaults, and Ref of a group of the template by its
// GroupId. It leaves everything else, which is unknown then.
type resolver struct {
	resources  map[string]resource
	parameters map[string]parameter
	used       map[string]string // the defaults that were taken
}

func (r resolver) object(o object) object {
	resolved := make(object, len(o))
	for key, raw := range o {
		resolved[key] = r.raw(raw)
	}
	return resolved
}

func (r resolver) raw(raw json.RawMessage) json.RawMessage {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		for i := range list {
			list[i] = r.raw(list[i])
		}
		return encoded(list, raw)
	}
	var o object
	if json.Unmarshal(raw, &o) != nil || o == nil {
		return raw
	}
	if len(o) == 1 {
		if value, ok := r.function(o); ok {
			return encoded(value, raw)
		}
	}
	return encoded(r.object(o), raw)
}

// encoded returns the value in JSON, or the original if that fails.
func encoded(value any, original json.RawMessage) json.RawMessage {
	raw, err := json.Marshal(value)
	if err != nil || bytes.Equal(raw, []byte("null")) {
		return original
	}
	return raw
}

// function returns the value of a Ref or Fn::Sub that needs nothing but parameters and groups.
func (r resolver) function(o object) (value any, ok bool) {
	var text string
	if json.Unmarshal(o["Ref"], &text) == nil && o["Ref"] != nil {
		if r.isGroup(text) {
			return map[string][]string{"Fn::GetAtt": {text, "GroupId"}}, true
		}
		return r.parameter(text)
	}
	if json.Unmarshal(o["Fn::Sub"], &text) == nil && o["Fn::Sub"] != nil {
		return r.sub(text)
	}
	return nil, false
}

// isGroup reports whether Ref of a resource returns a group's id. Of a group without a VPC it is the name.
func (r resolver) isGroup(name string) bool {
	res := r.resources[name]
	return res.Type == "AWS::EC2::SecurityGroup" && res.Properties["VpcId"] != nil
}

func (r resolver) parameter(name string) (any, bool) {
	value, ok := r.parameters[name].value()
	if ok {
		r.used[name] = value
	}
	return value, ok
}

// variable matches a variable of Fn::Sub.
var variable = regexp.MustCompile(`\$\{[^}]*\}`)

// sub replaces the variables of a text if all of them are parameters.
func (r resolver) sub(text string) (any, bool) {
	for _, v := range variable.FindAllString(text, -1) {
		if _, ok := r.parameters[v[2:len(v)-1]].value(); !ok {
			return nil, false
		}
	}
	return variable.ReplaceAllStringFunc(text, func(v string) string {
		value, _ := r.parameter(v[2 : len(v)-1])
		return value.(string)
	}), true
}
