package secgroup

import (
	"fmt"
	"strings"
)

// ParseRule reads the text that [Rule.String] writes: a protocol, its ports
// (or ICMP type and code), and "from" or "to" a peer.
func ParseRule(s string) (Rule, error) {
	words := strings.Split(s, " ")
	if len(words) != 3 && len(words) != 4 {
		return Rule{}, fmt.Errorf("rule %q: want such as %q", s, "tcp 443 from 10.0.0.0/8")
	}
	proto, err := ParseProtocol(words[0])
	if err != nil {
		return Rule{}, fmt.Errorf("rule %q: %w", s, err)
	}
	ports, err := parseTraffic(proto, words[1:len(words)-2])
	if err != nil {
		return Rule{}, fmt.Errorf("rule %q: %w", s, err)
	}
	direction, err := parsePreposition(words[len(words)-2])
	if err != nil {
		return Rule{}, fmt.Errorf("rule %q: %w", s, err)
	}
	peer, err := ParsePeer(words[len(words)-1])
	if err != nil {
		return Rule{}, fmt.Errorf("rule %q: %w", s, err)
	}
	return New(direction, proto, ports, peer), nil
}

// MustParseRule is [ParseRule] for constants in tests and tables. It panics if s does not
// parse.
func MustParseRule(s string) Rule {
	r, err := ParseRule(s)
	if err != nil {
		panic(err)
	}
	return r
}

func parsePreposition(s string) (Direction, error) {
	switch s {
	case "from":
		return Ingress, nil
	case "to":
		return Egress, nil
	}
	return 0, fmt.Errorf("%q: want from or to before the peer", s)
}

func parseTraffic(proto Protocol, words []string) (Ports, error) {
	switch {
	case proto.HasPorts() && len(words) == 1:
		return ParsePorts(words[0])
	case proto.HasPorts():
		return Ports{}, fmt.Errorf("%s needs ports", proto)
	case len(words) == 0:
		return NoPorts, nil
	case proto.HasTypes():
		return parseICMP(words[0])
	}
	return Ports{}, fmt.Errorf("protocol %s has no ports", proto)
}

// parseICMP reads "3" or "3/4".
func parseICMP(s string) (Ports, error) {
	first, last, hasCode := strings.Cut(s, "/")
	t, ok := digits(first, 255)
	if !ok {
		return Ports{}, fmt.Errorf("ICMP type %q: want 0 to 255", first)
	}
	if !hasCode {
		return ICMPType(int32(t)), nil
	}
	code, ok := digits(last, 255)
	if !ok {
		return Ports{}, fmt.Errorf("ICMP code %q: want 0 to 255", last)
	}
	return Ports{int32(t), int32(code)}, nil
}
