package audit

import (
	"cmp"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// maxSpans is how many spans a group's strip has at most. EC2 allows at most
// 1,000 rules; beyond it the last spans are left out.
const maxSpans = 2000

// lane is the rules of one direction and protocol.
type lane struct {
	direction secgroup.Direction
	protocol  secgroup.Protocol
}

// strip returns the spans of what is asked and what is there, in order.
func strip(desired secgroup.Set, rules []present) []Span {
	asked, there := make(map[lane][]secgroup.Rule), make(map[lane][]secgroup.Rule)
	var lanes []lane
	put := func(m map[lane][]secgroup.Rule, r secgroup.Rule) {
		l := lane{r.Direction, r.Protocol}
		if len(asked[l])+len(there[l]) == 0 {
			lanes = append(lanes, l)
		}
		m[l] = append(m[l], r)
	}
	for r := range desired.All() {
		put(asked, r)
	}
	for i := range rules {
		put(there, rules[i].Rule)
	}
	slices.SortFunc(lanes, func(a, b lane) int {
		return secgroup.Rule{Direction: a.direction, Protocol: a.protocol}.Compare(secgroup.Rule{Direction: b.direction, Protocol: b.protocol})
	})
	var spans []Span
	for _, l := range lanes {
		all := lane{l.direction, secgroup.All}
		if l.protocol == secgroup.All {
			all = lane{direction: 255}
		}
		spans = append(spans, l.spans(asked[l], there[l], asked[all], there[all])...)
	}
	return spans[:min(len(spans), maxSpans)]
}

// spans cuts a lane where a rule of it begins or ends. Rules of all protocols
// are in each of its spans, but make none.
func (l lane) spans(asked, there, askedAll, thereAll []secgroup.Rule) (spans []Span) {
	if !l.protocol.HasPorts() {
		a, b := slices.Concat(asked, askedAll), slices.Concat(there, thereAll)
		return []Span{{l.direction, l.protocol, secgroup.Port(0), state(a, b)}}
	}
	cuts := cutsOf(slices.Concat(asked, there))
	a, b := newSweep(asked), newSweep(there)
	for i := range cuts[:len(cuts)-1] {
		ports := secgroup.Ports{First: cuts[i], Last: cuts[i+1] - 1}
		askedNow, thereNow := a.at(ports.First), b.at(ports.First)
		if len(askedNow)+len(thereNow) == 0 {
			continue
		}
		s := Span{l.direction, l.protocol, ports, state(
			append(l.clip(askedNow, ports), l.clip(askedAll, ports)...), append(l.clip(thereNow, ports), l.clip(thereAll, ports)...))}
		if n := len(spans); n > 0 && spans[n-1].State == s.State && spans[n-1].Ports.Last+1 == ports.First {
			spans[n-1].Ports.Last = ports.Last
		} else {
			spans = append(spans, s)
		}
	}
	return spans
}

// sweep goes through rules in the order of their ports.
type sweep struct {
	ahead []secgroup.Rule // that begin later
	now   []secgroup.Rule // that hold the port it is at
}

func newSweep(rules []secgroup.Rule) sweep {
	return sweep{ahead: slices.SortedFunc(slices.Values(rules), func(a, b secgroup.Rule) int { return cmp.Compare(a.Ports.First, b.Ports.First) })}
}

// at returns the rules that hold a port, which must not be before that of the
// call before.
func (s *sweep) at(port int32) []secgroup.Rule {
	s.now = slices.DeleteFunc(s.now, func(r secgroup.Rule) bool { return r.Ports.Last < port })
	for len(s.ahead) > 0 && s.ahead[0].Ports.First <= port {
		s.now, s.ahead = append(s.now, s.ahead[0]), s.ahead[1:]
	}
	return s.now
}

// cutsOf returns where rules begin, and the ports after their ends.
func cutsOf(rules []secgroup.Rule) []int32 {
	var cuts []int32
	for _, r := range rules {
		cuts = append(cuts, r.Ports.First, r.Ports.Last+1)
	}
	slices.Sort(cuts)
	return slices.Compact(cuts)
}

// clip returns rules that hold the ports, with those ports alone.
func (l lane) clip(rules []secgroup.Rule, ports secgroup.Ports) []secgroup.Rule {
	clipped := slices.Clone(rules)
	for i := range clipped {
		clipped[i].Protocol, clipped[i].Ports = l.protocol, ports
	}
	return clipped
}

func state(asked, there []secgroup.Rule) State {
	a, b := secgroup.SetOf(asked...), secgroup.SetOf(there...)
	switch {
	case a.Equal(b):
		return Both
	case !all(secgroup.NewCover(b), a):
		return Asked
	case !all(secgroup.NewCover(a), b):
		return Present
	}
	return Both
}

func all(c *secgroup.Cover, rules secgroup.Set) bool {
	for r := range rules.All() {
		if !c.Covers(r) {
			return false
		}
	}
	return true
}
