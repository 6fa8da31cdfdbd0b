package ec2

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// params is a query-protocol form as a tree. For example, IpPermissions.1.IpRanges.2.CidrIp is
// a leaf at depth 5. The zero value is an absent parameter.
type params struct {
	value   string
	present bool
	members map[string]*params
}

func parse(form url.Values) params {
	var root params
	for key, values := range form {
		node := &root
		for step := range strings.SplitSeq(key, ".") {
			node = node.member(step)
		}
		node.value, node.present = values[0], true
	}
	return root
}

func (p *params) member(name string) *params {
	if p.members == nil {
		p.members = map[string]*params{}
	}
	if p.members[name] == nil {
		p.members[name] = &params{}
	}
	return p.members[name]
}

func (p params) at(name string) params {
	if m := p.members[name]; m != nil {
		return *m
	}
	return params{}
}

func (p params) has(name string) bool { return p.at(name).present }

func (p params) text(name string) string { return p.at(name).value }

// number reads an integer. If the parameter is absent, ok is false.
func (p params) number(name string) (n int, ok bool, err error) {
	m := p.at(name)
	if !m.present {
		return 0, false, nil
	}
	n, err = strconv.Atoi(m.value)
	if err != nil {
		return 0, false, failf("InvalidParameterValue", "Invalid value '%s' for %s: an integer is expected", m.value,
			name)
	}
	return n, true, nil
}

// list returns the elements of name.1, name.2, ... in the order of their numbers.
func (p params) list(name string) []params {
	members := p.at(name).members
	index := func(s string) int { n, _ := strconv.Atoi(s); return n }
	keys := slices.SortedFunc(maps.Keys(members), func(a, b string) int { return index(a) - index(b) })
	var all []params
	for _, k := range keys {
		all = append(all, *members[k])
	}
	return all
}

func (p params) texts(name string) []string {
	var all []string
	for _, m := range p.list(name) {
		all = append(all, m.value)
	}
	return all
}
