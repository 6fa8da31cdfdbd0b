package secgroup

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// MaxPort is the highest port of TCP and UDP.
const MaxPort = 65535

// Ports is a range of ports, with both ends. For ICMP it holds type and code, and -1 means every
// type or every code. For other protocols without ports it is [NoPorts].
type Ports struct{ First, Last int32 }

var (
	// NoPorts is -1/-1 in EC2: ports do not apply, or every ICMP type and code.
	NoPorts = Ports{-1, -1}
	// AllPorts is every port of TCP or UDP.
	AllPorts = Ports{0, MaxPort}
)

// Port returns the range of one port.
func Port(p int32) Ports { return Ports{p, p} }

// ICMPType returns the Ports for every code of one ICMP type.
func ICMPType(t int32) Ports { return Ports{t, -1} }

// ParsePorts reads "8000" or "8002-8004": decimal ports from 0 to 65535, without spaces. The
// first must not exceed the last.
func ParsePorts(s string) (Ports, error) {
	first, last, isRange := strings.Cut(s, "-")
	if !isRange {
		last = first
	}
	a, okA := digits(first, MaxPort)
	b, okB := digits(last, MaxPort)
	switch {
	case !okA || !okB:
		return Ports{},
			fmt.Errorf("ports %q: want a port from 0 to 65535 or a range such as 8002-8004, without spaces", s)
	case a > b:
		return Ports{}, fmt.Errorf("ports %q: the range runs backwards; want %d-%d", s, b, a)
	}
	return Ports{int32(a), int32(b)}, nil
}

// String returns "8000" or "8002-8004".
func (p Ports) String() string {
	if p.First == p.Last {
		return strconv.Itoa(int(p.First))
	}
	return strconv.Itoa(int(p.First)) + "-" + strconv.Itoa(int(p.Last))
}

// Compare orders ranges by their first port, then by their last.
func (p Ports) Compare(q Ports) int {
	return cmp.Or(cmp.Compare(p.First, q.First), cmp.Compare(p.Last, q.Last))
}
