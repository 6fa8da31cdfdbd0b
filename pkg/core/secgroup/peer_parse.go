package secgroup

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

var errPeer = errors.New("want an IPv4 or IPv6 CIDR, an address, sg-..., <account>/sg-..., pl-... or self")

// ParsePeer reads a peer as people write it: a CIDR, a bare address (a /32 or /128), sg-...,
// <account>/sg-..., pl-... or self. It masks host bits.
//
// It refuses texts that are probably mistakes, and would open too much or nothing:
//
//   - a /0 with host bits, such as 10.0.0.0/0
//   - an IPv6 address with host bits and a prefix of at most /32, such as 2001:db8::1/32
//   - 0.0.0.0 and :: without a prefix length
//
// It also refuses zones and IPv4-mapped IPv6 addresses, which EC2 rules cannot express.
func ParsePeer(s string) (Peer, error) {
	switch {
	case s == "self":
		return Self, nil
	case isID(s, "sg-"):
		return Group(s), nil
	case isID(s, "pl-"):
		return PrefixList(s), nil
	case strings.HasPrefix(s, "sg-"), strings.HasPrefix(s, "pl-"):
		return Peer{}, fmt.Errorf("peer %q: want %s followed by 8 to 17 hexadecimal digits in lower case", s, s[:3])
	}
	if account, id, ok := strings.Cut(s, "/"); ok && isID(id, "sg-") {
		if !IsAccount(account) {
			return Peer{}, fmt.Errorf("peer %q: %q is no account id: want 12 digits before the slash", s, account)
		}
		return GroupOf(account, id), nil
	}
	prefix, err := parsePrefix(s)
	if err != nil {
		return Peer{}, err
	}
	return CIDR(prefix), nil
}

// IsGroupID reports whether s has the form of a security group's id.
func IsGroupID(s string) bool { return isID(s, "sg-") }

// IsRuleID reports whether s has the form of a security group rule's id.
func IsRuleID(s string) bool { return isID(s, "sgr-") }

// IsAccount reports whether s has the form of an AWS account id: 12 digits.
func IsAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

func isID(s, prefix string) bool {
	id, ok := strings.CutPrefix(s, prefix)
	return ok && len(id) >= 8 && len(id) <= 17 && strings.Trim(id, "0123456789abcdef") == ""
}

func parsePrefix(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil {
		if addr.WithZone("").IsUnspecified() {
			world := netip.PrefixFrom(addr.WithZone(""), 0)
			return netip.Prefix{}, fmt.Errorf(
				"peer %q: no host has this address; write %s for the whole world, or another address", s, world)
		}
		return checkPrefix(s, netip.PrefixFrom(addr.WithZone(""), addr.BitLen()), addr)
	}
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, prefixError(s)
	}
	return checkPrefix(s, prefix, prefix.Addr())
}

func checkPrefix(s string, p netip.Prefix, addr netip.Addr) (netip.Prefix, error) {
	switch {
	case addr.Zone() != "":
		return netip.Prefix{}, fmt.Errorf("peer %q: an address in a rule has no zone; leave %%%s out", s, addr.Zone())
	case addr.Is4In6():
		return netip.Prefix{}, fmt.Errorf("peer %q: an IPv4-mapped IPv6 address; write it as IPv4: %s", s,
			inIPv4(p, addr))
	case p.Bits() == 0 && p.Masked() != p:
		return netip.Prefix{}, fmt.Errorf("peer %q: a /0 with host bits would be the whole world; "+
			"write %s for the whole world, or a longer prefix", s, p.Masked())
	case addr.Is6() && p.Bits() <= shortIPv6 && p.Masked() != p:
		return netip.Prefix{}, fmt.Errorf(
			"peer %q: a /%d with host bits would be 2^%d addresses; write %s for all of them, or %s/128",
			s, p.Bits(), addr.BitLen()-p.Bits(), p.Masked(), addr)
	}
	return p, nil
}

// shortIPv6 is the longest IPv6 prefix length at which [ParsePeer] refuses host bits. In IPv4,
// /32 is one host.
const shortIPv6 = 32

// inIPv4 returns the prefix of an IPv4-mapped address as IPv4.
func inIPv4(p netip.Prefix, addr netip.Addr) string {
	if bits := p.Bits() - 96; bits >= 0 && bits < 32 {
		return netip.PrefixFrom(addr.Unmap(), bits).String()
	}
	return addr.Unmap().String()
}

// prefixError returns the error for a text that is no peer.
func prefixError(s string) error {
	address, bits, ok := strings.Cut(s, "/")
	addr, err := netip.ParseAddr(address)
	if !ok || err != nil {
		return fmt.Errorf("peer %q: %w", s, errPeer)
	}
	return fmt.Errorf("peer %q: prefix length %q: want 0 to %d", s, bits, addr.BitLen())
}
