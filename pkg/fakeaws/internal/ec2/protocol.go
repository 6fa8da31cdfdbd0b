package ec2

import (
	"strconv"
	"strings"
)

// all stands for every protocol.
const all = "-1"

// protocolNames maps the numbers of protocols to the names that EC2 returns.
var protocolNames = map[string]string{"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}

// parseProtocol returns the protocol in EC2's spelling.
func parseProtocol(text string) (string, error) {
	switch name := strings.ToLower(text); name {
	case "tcp", "udp", "icmp", "icmpv6", all:
		return name, nil
	case "":
		return "", failf("MissingParameter", "The request must contain the parameter ipProtocol")
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 255 || strconv.Itoa(n) != text {
		return "", failf("InvalidParameterValue", "Invalid value '%s' for IP protocol. Unknown protocol.", text)
	}
	if name, ok := protocolNames[text]; ok {
		return name, nil
	}
	return text, nil
}

// ports returns the range that EC2 stores for a rule of protocol. If ports do not apply, it is
// -1 to -1.
func (p params) ports(protocol string) (from, to int, err error) {
	from, hasFrom, err := p.number("FromPort")
	if err != nil {
		return 0, 0, err
	}
	to, hasTo, err := p.number("ToPort")
	if err != nil {
		return 0, 0, err
	}
	if protocol == "icmpv6" && !hasFrom && !hasTo {
		return -1, -1, nil
	}
	if needsPorts(protocol) && !(hasFrom && hasTo) {
		return 0, 0, failf("InvalidParameterValue", "Invalid value 'Must specify both from and to ports with "+
			"TCP/UDP.' for portRange.")
	}
	return ports(protocol, from, to)
}

func needsPorts(protocol string) bool {
	switch protocol {
	case "tcp", "udp", "icmp", "icmpv6":
		return true
	}
	return false
}

func ports(protocol string, from, to int) (int, int, error) {
	switch protocol {
	case "tcp", "udp":
		return from, to, checkPorts(from, to)
	case "icmp", "icmpv6":
		return from, to, checkICMP(from, to)
	}
	return -1, -1, nil
}

func checkPorts(from, to int) error {
	switch {
	case from < 0 || from > 65535:
		return failf("InvalidParameterValue", "TCP/UDP (from) port (%d) out of range", from)
	case to < 0 || to > 65535:
		return failf("InvalidParameterValue", "TCP/UDP (to) port (%d) out of range", to)
	case from > to:
		return failf("InvalidParameterValue", "Invalid TCP/UDP port range (%d:%d)", from, to)
	}
	return nil
}

// checkICMP checks a type and a code. If the type is -1, the code must be -1 too.
func checkICMP(kind, code int) error {
	switch {
	case kind < -1 || kind > 255:
		return failf("InvalidParameterValue", "ICMP type (%d) out of range", kind)
	case code < -1 || code > 255:
		return failf("InvalidParameterValue", "ICMP code (%d) out of range", code)
	case kind == -1 && code != -1:
		return failf("InvalidParameterValue", "ICMP code (%d) requires an ICMP type", code)
	}
	return nil
}
