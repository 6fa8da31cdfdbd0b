package events

import (
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

const wantPorts = `a port from 0 to 65535, a text such as "8002-8004" or "8000,8002-8004" without spaces, ` +
	"or a list of those"

// ports reads ports in every form that a SkyPilot task allows.
func (d *detail) ports(v value, at pointer) []secgroup.Ports {
	if v.kind != list {
		return d.portsItem(v, at)
	}
	if len(v.list) == 0 {
		d.add(at, "an empty list: want %s", wantPorts)
	}
	var ranges []secgroup.Ports
	for i, item := range v.list {
		ranges = append(ranges, d.portsItem(item, at.index(i))...)
	}
	return ranges
}

// portsItem reads a number or a text. It returns a range for each written one, even for a
// refused one, so that the count includes it.
func (d *detail) portsItem(v value, at pointer) []secgroup.Ports {
	switch v.kind {
	case text:
		return d.portsText(v.text, at)
	case number:
		if n, ok := v.integer(); ok && n >= 0 && n <= secgroup.MaxPort {
			return []secgroup.Ports{secgroup.Port(int32(n))}
		}
		d.add(at, "found %s: want a port from 0 to 65535", v)
	default:
		d.add(at, "found %s: want %s", v, wantPorts)
	}
	return []secgroup.Ports{{}}
}

func (d *detail) portsText(s string, at pointer) []secgroup.Ports {
	var ranges []secgroup.Ports
	for item := range strings.SplitSeq(s, ",") {
		r, err := secgroup.ParsePorts(item)
		switch {
		case err == nil:
		case isWord(item):
			d.add(at, "%v", err)
		default:
			d.add(at, "found %s: want %s", quote(item), wantPorts)
		}
		ranges = append(ranges, r)
	}
	return ranges
}
