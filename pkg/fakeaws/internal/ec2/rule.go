package ec2

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
)

// peer is the other side of a rule. Exactly one field is set.
type peer struct {
	cidr  netip.Prefix // masked
	group string       // without its account, because group ids are unique
	list  string
}

func (p peer) String() string {
	if p.cidr.IsValid() {
		return p.cidr.String()
	}
	return p.group + p.list
}

// tuple identifies a rule within its group. It excludes description and tags.
type tuple struct {
	egress   bool
	protocol string // tcp, udp, icmp, icmpv6, -1, or a number as text
	from, to int    // for ICMP, type and code; -1 to -1 if ports do not apply
	peer     peer
}

// rule is immutable: a change adds a version to its timeline.
type rule struct {
	tuple
	id          string
	group       string // the group that holds it
	owner       string // the account of a referenced group
	description string
	tags        map[string]string
}

// duplicate returns the error for an existing rule, in AWS's words.
func (t tuple) duplicate() error {
	words := []string{"peer: " + t.peer.String()}
	switch t.protocol {
	case all:
		words = append(words, "ALL")
	case "tcp", "udp":
		words = append(words, strings.ToUpper(t.protocol), fmt.Sprintf("from port: %d", t.from),
			fmt.Sprintf("to port: %d", t.to))
	case "icmp", "icmpv6":
		words = append(words, strings.ToUpper(t.protocol), "type: "+orAll(t.from), "code: "+orAll(t.to))
	default: // [?]
		words = append(words, t.protocol)
	}
	return failf("InvalidPermission.Duplicate", `the specified rule "%s, ALLOW" already exists`,
		strings.Join(words, ", "))
}

// orAll writes an ICMP type or code. AWS does not document that -1 is written as ALL [?].
func orAll(n int) string {
	if n == -1 {
		return "ALL"
	}
	return fmt.Sprint(n)
}

// parseCIDR returns the masked prefix of one family. AWS keeps no host bits and no other
// spelling.
func parseCIDR(text string, v4 bool) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil || p.Addr().Is4() != v4 {
		return netip.Prefix{}, failf("InvalidParameterValue", "CIDR block %s is malformed", text)
	}
	return p.Masked(), nil
}

var described = regexp.MustCompile(`^[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]*$`)

// isDescription reports whether EC2 allows the text as a description or a name. A pattern with the limit
// of the length would be as long as the limit.
func isDescription(text string) bool { return len(text) <= 255 && described.MatchString(text) }

func checkDescription(text string) error {
	if isDescription(text) {
		return nil
	}
	return failf("InvalidParameterValue",
		"Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: "+
			" a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*")
}
