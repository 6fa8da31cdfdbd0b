package events

import (
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// ruleElement is one element of a request's rules, before it is expanded.
type ruleElement struct {
	direction   secgroup.Direction
	protocol    secgroup.Protocol
	ports       []secgroup.Ports
	peers       []secgroup.Peer
	description string
}

var ruleKeys = []string{"protocol", "ports", "icmp", "from", "to", "description"}

// rules reads the rules of a request on the group g. It counts before it expands, and expands
// only if there is no fault.
func (d *detail) rules(v value, g Group) ([]secgroup.Entry, []claim.Part) {
	written := d.ruleList(v)
	elements := make([]ruleElement, len(written))
	count := 0
	for i, e := range written {
		elements[i] = d.rule(e, pointer("/rules").index(i))
		count += len(elements[i].ports) * len(elements[i].peers)
	}
	if count > MaxRules {
		d.add("/rules", "%d rules (port ranges x peers): want at most %d in one request", count, MaxRules)
	}
	if len(d.all()) > 0 {
		return nil, nil
	}
	return expand(elements, g)
}

func (d *detail) ruleList(v value) []value {
	const want = "a list of rules, at least one"
	rules, found := v.get("rules")
	switch {
	case !found:
		d.add("/rules", "absent: want %s", want)
	case rules.kind != list:
		d.add("/rules", "found %s: want %s", rules, want)
	case len(rules.list) == 0:
		d.add("/rules", "an empty list: want %s", want)
	}
	return rules.list
}

func (d *detail) rule(v value, at pointer) ruleElement {
	if v.kind != object {
		d.add(at, "found %s: want an object with %s", v, names(ruleKeys))
		return ruleElement{}
	}
	d.keys(v, at, ruleKeys)
	var a ruleElement
	protocol, known := d.protocol(v, at)
	a.protocol = protocol
	a.ports = d.traffic(v, at, protocol, known)
	a.direction, a.peers = d.peers(v, at)
	a.description = d.description(v, at)
	return a
}

// expand returns the rules of elements without faults.
func expand(elements []ruleElement, g Group) (entries []secgroup.Entry, parts []claim.Part) {
	for i, a := range elements {
		for _, ports := range a.ports {
			for j, peer := range a.peers {
				rule := secgroup.New(a.direction, a.protocol, ports, asSelf(peer, g))
				entries = append(entries, secgroup.Entry{Rule: rule, Description: a.description})
				parts = append(parts, claim.Part{Rule: rule, Element: i, Peer: j})
			}
		}
	}
	return secgroup.Merge(entries), parts
}

// asSelf replaces the group's own id by self, so that both are one rule.
func asSelf(p secgroup.Peer, g Group) secgroup.Peer {
	account, id, ok := p.Group()
	if ok && id == g.ID && (account == "" || account == g.Account) {
		return secgroup.Self
	}
	return p
}
