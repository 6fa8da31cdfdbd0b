package secgroup

import (
	"fmt"
	"strconv"
	"strings"
)

// Protocol is an IANA protocol number, or [All]. The zero Protocol is IANA's
// number 0 (HOPOPT), not All.
type Protocol int16

const (
	All    Protocol = -1 // every protocol: EC2's "-1"
	ICMP   Protocol = 1
	TCP    Protocol = 6
	UDP    Protocol = 17
	ICMPv6 Protocol = 58
)

var protocolNames = map[string]Protocol{
	"all": All, "-1": All, "tcp": TCP, "udp": UDP, "icmp": ICMP, "icmpv6": ICMPv6,
}

// ParseProtocol reads tcp, udp, icmp, icmpv6 or all, in any case, or a number from -1 to 255.
// It refuses other names.
func ParseProtocol(s string) (Protocol, error) {
	switch s { // as EC2 writes them
	case "tcp":
		return TCP, nil
	case "udp":
		return UDP, nil
	case "-1":
		return All, nil
	}
	if p, ok := protocolNames[strings.ToLower(s)]; ok {
		return p, nil
	}
	n, ok := digits(s, 255)
	if !ok {
		return 0, fmt.Errorf("protocol %q: want tcp, udp, icmp, icmpv6, all, or an IANA number from 0 to 255", s)
	}
	return Protocol(n), nil
}

// String returns EC2's spelling: tcp, udp, icmp, icmpv6, -1, or a number.
func (p Protocol) String() string {
	switch p {
	case TCP:
		return "tcp"
	case UDP:
		return "udp"
	case ICMP:
		return "icmp"
	case ICMPv6:
		return "icmpv6"
	}
	return strconv.Itoa(int(p))
}

// HasPorts reports whether rules of the protocol have a port range: TCP and UDP.
func (p Protocol) HasPorts() bool { return p == TCP || p == UDP }

// HasTypes reports whether rules of the protocol have an ICMP type and code.
func (p Protocol) HasTypes() bool { return p == ICMP || p == ICMPv6 }

// digits reads a plain decimal number without sign or leading zeros, up to limit.
func digits(s string, limit int) (int, bool) {
	if s == "" || len(s) > 6 || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, n <= limit
}
