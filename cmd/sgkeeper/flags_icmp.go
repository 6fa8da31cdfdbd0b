package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// icmpType is the value of --icmp: an ICMP type from 0 to 255, or a type and a code, such as 8
// or 3/4. The zero value is no flag.
type icmpType struct {
	text string
	kind secgroup.Ports // the type, and the code or -1; valid if text is set
}

// String implements pflag.Value.
func (t *icmpType) String() string { return t.text }

// Type implements pflag.Value.
func (t *icmpType) Type() string { return "type" }

// Set implements pflag.Value.
func (t *icmpType) Set(s string) error {
	kind, code, hasCode := strings.Cut(s, "/")
	ports := secgroup.Ports{Last: -1}
	ok := isOctet(kind, &ports.First)
	if hasCode {
		ok = ok && isOctet(code, &ports.Last)
	}
	if !ok {
		return fmt.Errorf("want an ICMP type from 0 to 255, or a type and a code from 0 to 255, " +
			"such as 8 or 3/4; for all types, give --protocol icmp without --icmp")
	}
	t.text, t.kind = s, ports
	return nil
}

// isOctet reads a number from 0 to 255 in decimal digits.
func isOctet(s string, n *int32) bool {
	v, err := strconv.ParseUint(s, 10, 8)
	*n = int32(v)
	return err == nil
}

// given reports whether the flag is set.
func (t *icmpType) given() bool { return t.text != "" }

// detail is the type and code in an event's form.
func (t *icmpType) detail() map[string]int32 {
	detail := map[string]int32{"type": t.kind.First}
	if t.kind.Last >= 0 {
		detail["code"] = t.kind.Last
	}
	return detail
}
