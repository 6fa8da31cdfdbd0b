package events

import (
	"strconv"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

const (
	wantProtocol = "tcp, udp, icmp, icmpv6, all, or an IANA number from 0 to 255"
	wantType     = "a number from 0 to 255, or -1 for every type"
	wantCode     = "a number from 0 to 255, or -1 for every code"
)

var icmpKeys = []string{"type", "code"}

// protocol reads a rule's protocol. If it is invalid, known is false.
func (d *detail) protocol(v value, at pointer) (p secgroup.Protocol, known bool) {
	written, found := v.get("protocol")
	if !found {
		return secgroup.TCP, true
	}
	name := written.text
	if n, ok := written.integer(); ok {
		name = strconv.Itoa(n)
	}
	if written.kind == text || written.kind == number {
		if p, err := secgroup.ParseProtocol(name); err == nil && isWord(name) {
			return p, true
		}
	}
	d.add(at.key("protocol"), "found %s: want %s", written, wantProtocol)
	return 0, false
}

// traffic reads the part of the protocol that a rule admits: the port ranges of tcp and udp,
// the type and code of icmp. It reads ports and icmp for any protocol, so that all their
// faults are known at once.
func (d *detail) traffic(v value, at pointer, p secgroup.Protocol, known bool) []secgroup.Ports {
	written, hasPorts := v.get("ports")
	icmp, hasICMP := v.get("icmp")
	traffic := []secgroup.Ports{secgroup.NoPorts}
	if hasICMP {
		traffic = []secgroup.Ports{d.icmp(icmp, at.key("icmp"))}
	}
	if hasPorts {
		traffic = d.ports(written, at.key("ports"))
	}
	switch {
	case !known:
	case p.HasPorts() && !hasPorts:
		d.add(at.key("ports"), "absent: protocol %s wants %s", p, wantPorts)
	case p.HasTypes() && hasPorts:
		d.add(at.key("ports"),
			`protocol %s has no ports: leave them out, and give "icmp" with a type and a code; without `+
				"it, the rule is for all types", protocolName(p))
	case !p.HasPorts() && hasPorts:
		d.add(at.key("ports"), "protocol %s has no ports: leave them out", protocolName(p))
	}
	if known && hasICMP && !p.HasTypes() {
		d.add(at.key("icmp"), "protocol %s has no ICMP types: leave the key out, or want icmp or icmpv6",
			protocolName(p))
	}
	return traffic
}

// icmp reads a type and a code. It refuses a code without a type, because a rule cannot
// express one code of every type.
func (d *detail) icmp(v value, at pointer) secgroup.Ports {
	if v.kind != object {
		d.add(at, `found %s: want an object with "type" and "code"`, v)
		return secgroup.NoPorts
	}
	d.keys(v, at, icmpKeys)
	kind, hasType := v.get("type")
	code, hasCode := v.get("code")
	r := secgroup.NoPorts
	if hasType {
		r.First = d.octet(kind, at.key("type"), wantType)
	}
	if hasCode {
		r.Last = d.octet(code, at.key("code"), wantCode)
	}
	switch {
	case hasCode && !hasType:
		d.add(at.key("type"), "absent beside a code: want %s, or no code", wantType)
	case r.First < 0 && r.Last >= 0:
		d.add(at.key("code"), "found the code %d of every type: want -1, or a type", r.Last)
	}
	return r
}

// octet reads an ICMP type or code.
func (d *detail) octet(v value, at pointer, want string) int32 {
	n, ok := v.integer()
	if !ok || n < -1 || n > 255 {
		d.add(at, "found %s: want %s", v, want)
		return 0
	}
	return int32(n)
}

// protocolName returns a protocol in an event's form.
func protocolName(p secgroup.Protocol) string {
	if p == secgroup.All {
		return "all"
	}
	return p.String()
}
