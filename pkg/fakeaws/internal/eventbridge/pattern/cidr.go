package pattern

import (
	"net/netip"
	"strconv"
	"strings"
)

// parseIP reads an IPv4 or IPv6 address without zone.
func parseIP(s string) (netip.Addr, bool) {
	ip, err := netip.ParseAddr(s)
	return ip, err == nil && ip.Zone() == ""
}

// parseCIDR parses a network. As in event-ruler, its mask leaves at least one bit. A pattern
// names a single address as plain text.
func parseCIDR(n node) (matcher, error) {
	if n.kind != '"' {
		return nil, refuse(n, "prefix match pattern must be a string") // event-ruler's own words
	}
	parts := strings.Split(n.text, "/")
	if len(parts) != 2 {
		return nil, refuse(n, "Malformed CIDR, one '/' required")
	}
	bits, err := strconv.Atoi(parts[1])
	ip, ok := parseIP(parts[0])
	switch {
	case err != nil:
		return nil, refuse(n, "Malformed CIDR, mask bits must be an integer")
	case bits < 0:
		return nil, refuse(n, "Malformed CIDR, mask bits must not be negative")
	case !ok:
		return nil, refuse(n, "Nonstandard IP address: %s", parts[0])
	case ip.Is4() && bits > 31:
		return nil, refuse(n, "IPv4 mask bits must be < 32")
	case bits > 127:
		return nil, refuse(n, "IPv6 mask bits must be < 128")
	}
	network := netip.PrefixFrom(ip, bits).Masked()
	return onText(func(s string) bool {
		ip, ok := parseIP(s)
		return ok && network.Contains(ip)
	}), nil
}
