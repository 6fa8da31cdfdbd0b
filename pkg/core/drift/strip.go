package drift

import (
	"cmp"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// maxSpans is the number of spans in a group's strip. EC2 allows at most 1,000 rules in a
// group (VPC User Guide, quotas). Further spans are left out.
const maxSpans = 2000

// lane is a direction and a protocol.
type lane struct {
	direction secgroup.Direction
	protocol  secgroup.Protocol
}

// strip returns the spans of the desired and the existing rules, in order.
func strip(desired secgroup.Set, rules []existing) []Span {
	desiredIn, existingIn := make(map[lane][]secgroup.Rule), make(map[lane][]secgroup.Rule)
	var lanes []lane
	put := func(m map[lane][]secgroup.Rule, r secgroup.Rule) {
		l := lane{r.Direction, r.Protocol}
		if len(desiredIn[l])+len(existingIn[l]) == 0 {
			lanes = append(lanes, l)
		}
		m[l] = append(m[l], r)
	}
	for r := range desired.All() {
		put(desiredIn, r)
	}
	for i := range rules {
		put(existingIn, rules[i].Rule)
	}
	slices.SortFunc(lanes, func(a, b lane) int {
		q := secgroup.Rule{Direction: b.direction, Protocol: b.protocol}
		return secgroup.Rule{Direction: a.direction, Protocol: a.protocol}.Compare(q)
	})
	var spans []Span
	for _, l := range lanes {
		all := lane{l.direction, secgroup.All}
		if l.protocol == secgroup.All {
			all = lane{direction: 255}
		}
		spans = append(spans, l.spans(desiredIn[l], existingIn[l], desiredIn[all], existingIn[all])...)
	}
	return spans[:min(len(spans), maxSpans)]
}

// spans cuts a lane at each port at which one of its rules begins or ends. Rules for all
// protocols count in each span, but cause no cut.
func (l lane) spans(desired, existing, desiredAll, existingAll []secgroup.Rule) (spans []Span) {
	if !l.protocol.HasPorts() {
		a, b := slices.Concat(desired, desiredAll), slices.Concat(existing, existingAll)
		return []Span{{l.direction, l.protocol, secgroup.Port(0), state(a, b)}}
	}
	cuts := cutsOf(slices.Concat(desired, existing))
	a, b := newCursor(desired), newCursor(existing)
	for i := range cuts[:len(cuts)-1] {
		ports := secgroup.Ports{First: cuts[i], Last: cuts[i+1] - 1}
		desiredNow, existingNow := a.at(ports.First), b.at(ports.First)
		if len(desiredNow)+len(existingNow) == 0 {
			continue
		}
		s := Span{l.direction, l.protocol, ports, state(
			l.clip(slices.Concat(desiredNow, desiredAll), ports), l.clip(slices.Concat(existingNow, existingAll),
				ports))}
		if n := len(spans); n > 0 && spans[n-1].State == s.State && spans[n-1].Ports.Last+1 == ports.First {
			spans[n-1].Ports.Last = ports.Last
		} else {
			spans = append(spans, s)
		}
	}
	return spans
}

// cursor visits rules in the order of their ports.
type cursor struct {
	ahead []secgroup.Rule // rules that begin later
	now   []secgroup.Rule // rules that hold the current port
}

func newCursor(rules []secgroup.Rule) cursor {
	ahead := slices.Clone(rules)
	slices.SortFunc(ahead, func(a, b secgroup.Rule) int { return cmp.Compare(a.Ports.First, b.Ports.First) })
	return cursor{ahead: ahead}
}

// at returns the rules that hold a port. Ports must not decrease from call to call.
func (s *cursor) at(port int32) []secgroup.Rule {
	s.now = slices.DeleteFunc(s.now, func(r secgroup.Rule) bool { return r.Ports.Last < port })
	for len(s.ahead) > 0 && s.ahead[0].Ports.First <= port {
		s.now, s.ahead = append(s.now, s.ahead[0]), s.ahead[1:]
	}
	return s.now
}

// cutsOf returns the first port of each rule, and the port after its last.
func cutsOf(rules []secgroup.Rule) []int32 {
	var cuts []int32
	for _, r := range rules {
		cuts = append(cuts, r.Ports.First, r.Ports.Last+1)
	}
	slices.Sort(cuts)
	return slices.Compact(cuts)
}

// clip returns the rules, limited to these ports.
func (l lane) clip(rules []secgroup.Rule, ports secgroup.Ports) []secgroup.Rule {
	clipped := slices.Clone(rules)
	for i := range clipped {
		clipped[i].Protocol, clipped[i].Ports = l.protocol, ports
	}
	return clipped
}

func state(desired, existing []secgroup.Rule) State {
	a, b := secgroup.SetOf(desired...), secgroup.SetOf(existing...)
	switch {
	case a.Equal(b):
		return AsRequested
	case !all(secgroup.NewCover(b), a):
		return Requested
	case !all(secgroup.NewCover(a), b):
		return Unrequested
	}
	return AsRequested
}

func all(c *secgroup.Cover, rules secgroup.Set) bool {
	for r := range rules.All() {
		if !c.Covers(r) {
			return false
		}
	}
	return true
}
