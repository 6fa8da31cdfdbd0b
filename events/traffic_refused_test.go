package events

import "testing"

var protocolRefusals = []refusal{
	{"unknown name", ported(`"ports":22,"protocol":"tpc"`), []want{{"/rules/0/protocol", `"tpc"`}}},
	{"a name that EC2 does not know", ported(`"protocol":"esp"`), []want{{"/rules/0/protocol", "IANA number"}}},
	{"empty", ported(`"ports":22,"protocol":""`), []want{{"/rules/0/protocol", `""`}}},
	{"with a space", ported(`"ports":22,"protocol":"tcp "`), []want{{"/rules/0/protocol", `"tcp "`}}},
	{"letters that fold to ASCII", ported(`"protocol":"İcmp"`), []want{{"/rules/0/protocol", `"\u0130cmp"`}}},
	{"number too high", ported(`"protocol":256`), []want{{"/rules/0/protocol", "256"}}},
	{"number too low", ported(`"protocol":-2`), []want{{"/rules/0/protocol", "-2"}}},
	{"number too high, as text", ported(`"protocol":"256"`), []want{{"/rules/0/protocol", `"256"`}}},
	{"leading zero", ported(`"ports":22,"protocol":"06"`), []want{{"/rules/0/protocol", `"06"`}}},
	{"fraction", ported(`"protocol":6.5`), []want{{"/rules/0/protocol", "6.5"}}},
	{"exponent", ported(`"protocol":6e0`), []want{{"/rules/0/protocol", "6e0"}}},
	{"a very long number", ported(`"protocol":60000000000000000000000000000000000`),
		[]want{{"/rules/0/protocol", "6000"}}},
	{"null", ported(`"ports":22,"protocol":null`), []want{{"/rules/0/protocol", "null"}}},
	{"list", ported(`"ports":22,"protocol":["tcp"]`), []want{{"/rules/0/protocol", "a list"}}},
}

func TestProtocolRefused(t *testing.T) { refused(t, LaunchRequested, protocolRefusals) }

var portsRefusals = []refusal{
	{"tcp without", ruled(`[{"from":["self"]}]`), []want{{"/rules/0/ports", "absent: protocol tcp"}}},
	{"udp without", ruled(`[{"from":["self"],"protocol":"17"}]`), []want{{"/rules/0/ports", "absent: protocol udp"}}},
	{"all with", ported(`"protocol":"-1","ports":22`), []want{{"/rules/0/ports", "no ports"}}},
	{"icmp with", ported(`"protocol":"icmp","ports":"3"`), []want{{"/rules/0/ports",
		`give "icmp" with a type and a code`}}},
	{"esp with", ported(`"protocol":50,"ports":"1"`), []want{{"/rules/0/ports", "protocol 50 has no ports"}}},
	{"empty list", ported(`"ports":[]`), []want{{"/rules/0/ports", "empty"}}},
	{"empty text", ported(`"ports":""`), []want{{"/rules/0/ports", `""`}}},
	{"null", ported(`"ports":null`), []want{{"/rules/0/ports", "null"}}},
	{"boolean", ported(`"ports":true`), []want{{"/rules/0/ports", "true"}}},
	{"object", ported(`"ports":{"from":1,"to":2}`), []want{{"/rules/0/ports", "an object"}}},
	{"list in a list", ported(`"ports":[[22]]`), []want{{"/rules/0/ports/0", "a list"}}},
	{"null in a list", ported(`"ports":[22,null]`), []want{{"/rules/0/ports/1", "null"}}},
	{"too high", ported(`"ports":65536`), []want{{"/rules/0/ports", "65536"}}},
	{"too high, as text", ported(`"ports":"8000-65536"`), []want{{"/rules/0/ports", "8000-65536"}}},
	{"negative", ported(`"ports":-1`), []want{{"/rules/0/ports", "-1"}}},
	{"fraction", ported(`"ports":80.5`), []want{{"/rules/0/ports", "80.5"}}},
	{"exponent", ported(`"ports":8e3`), []want{{"/rules/0/ports", "8e3"}}},
	{"an exponent that would fill the memory", ported(`"ports":1e999999999`),
		[]want{{"/rules/0/ports", "1e999999999"}}},
	{"backwards", ported(`"ports":"9000-8000"`), []want{{"/rules/0/ports", "want 8000-9000"}}},
	{"leading zero", ported(`"ports":"080"`), []want{{"/rules/0/ports", `"080"`}}},
	{"space", ported(`"ports":"8000, 8002"`), []want{{"/rules/0/ports", `" 8002"`}}},
	{"space around the dash", ported(`"ports":"8000 - 8002"`), []want{{"/rules/0/ports", "spaces"}}},
	{"comma at the end", ported(`"ports":"8000,"`), []want{{"/rules/0/ports", `""`}}},
	{"two dashes", ported(`"ports":"1-2-3"`), []want{{"/rules/0/ports", `"1-2-3"`}}},
	{"a name", ported(`"ports":"https"`), []want{{"/rules/0/ports", `"https"`}}},
	{"digits that are not ASCII", ported(`"ports":"８０"`), []want{{"/rules/0/ports", `"\uff18\uff10"`}}},
	{"each of a list is named", ported(`"ports":[22,"x","80","9-1"]`),
		[]want{{"/rules/0/ports/1", `"x"`}, {"/rules/0/ports/3", "backwards"}}},
}

func TestPortsRefused(t *testing.T) { refused(t, LaunchRequested, portsRefusals) }

var icmpRefusals = []refusal{
	{"of tcp", ported(`"ports":22,"icmp":{"type":3}`), []want{{"/rules/0/icmp", "protocol tcp has no ICMP types"}}},
	{"of every protocol", ported(`"protocol":"all","icmp":{}`), []want{{"/rules/0/icmp", "no ICMP types"}}},
	{"code without type", ported(`"protocol":"icmp","icmp":{"code":4}`), []want{{"/rules/0/icmp/type", "absent"}}},
	{"every code without type", ported(`"protocol":"icmp","icmp":{"code":-1}`),
		[]want{{"/rules/0/icmp/type", "absent"}}},
	{"one code of every type", ported(`"protocol":"icmp","icmp":{"type":-1,"code":4}`),
		[]want{{"/rules/0/icmp/code", "every type"}}},
	{"type too high", ported(`"protocol":"icmpv6","icmp":{"type":256}`), []want{{"/rules/0/icmp/type", "256"}}},
	{"type and code too low", ported(`"protocol":"icmp","icmp":{"type":-2,"code":-2}`),
		[]want{{"/rules/0/icmp/type", "-2"}, {"/rules/0/icmp/code", "-2"}}},
	{"type as text", ported(`"protocol":"icmp","icmp":{"type":"3"}`), []want{{"/rules/0/icmp/type", `the text "3"`}}},
	{"type is null", ported(`"protocol":"icmp","icmp":{"type":null}`), []want{{"/rules/0/icmp/type", "null"}}},
	{"a number", ported(`"protocol":"icmp","icmp":3`), []want{{"/rules/0/icmp", "the number 3"}}},
	{"null", ported(`"protocol":"icmp","icmp":null`), []want{{"/rules/0/icmp", "null"}}},
	{"unknown key", ported(`"protocol":"icmp","icmp":{"typ":3}`), []want{{"/rules/0/icmp/typ", `"type"`}}},
	{"fraction", ported(`"protocol":"icmp","icmp":{"type":3.5}`), []want{{"/rules/0/icmp/type", "3.5"}}},
}

func TestICMPRefused(t *testing.T) { refused(t, LaunchRequested, icmpRefusals) }

var peersRefusals = []refusal{
	{"empty list", peered(`[]`), []want{{"/rules/0/from", "empty"}}},
	{"null", peered(`null`), []want{{"/rules/0/from", "null"}}},
	{"no list", peered(`"10.0.0.0/8"`), []want{{"/rules/0/from", `["10.0.0.0/8"]`}}},
	{"object", peered(`{"cidr":"10.0.0.0/8"}`), []want{{"/rules/0/from", "an object"}}},
	{"number in the list", peered(`["self",10]`), []want{{"/rules/0/from/1", "the number 10"}}},
	{"list in the list", peered(`[["self"]]`), []want{{"/rules/0/from/0", "a list"}}},
	{"empty text", peered(`[""]`), []want{{"/rules/0/from/0", `""`}}},
	{"space", peered(`["10.0.0.0/8 "]`), []want{{"/rules/0/from/0", `"10.0.0.0/8 "`}}},
	{"two in a text", peered(`["10.0.0.0/8,::/0"]`), []want{{"/rules/0/from/0", "want"}}},
	{"prefix too long", peered(`["10.0.0.0/33"]`), []want{{"/rules/0/from/0", "0 to 32"}}},
	{"IPv6 prefix too long", peered(`["::/129"]`), []want{{"/rules/0/from/0", "0 to 128"}}},
	{"prefix with a leading zero", peered(`["10.0.0.0/08"]`), []want{{"/rules/0/from/0", `"08"`}}},
	{"octet with a leading zero", peered(`["010.0.0.0/8"]`), []want{{"/rules/0/from/0", "want"}}},
	{"the world with host bits", peered(`["10.0.0.0/0"]`), []want{{"/rules/0/from/0", "whole world"}}},
	{"the IPv6 world with host bits", peered(`["2001:db8::/0"]`), []want{{"/rules/0/from/0", "whole world"}}},
	{"an IPv6 host with the prefix length of an IPv4 host", peered(`["2001:db8:aaaa:bbbb:1:2:3:4/32"]`),
		[]want{{"/rules/0/from/0", "write 2001:db8::/32 for all of them, or 2001:db8:aaaa:bbbb:1:2:3:4/128"}}},
	{"IPv6 with a single host bit under /31", peered(`["2001:db9::/31"]`),
		[]want{{"/rules/0/from/0", "a /31 with host bits"}}},
	{"the IPv4 world without a prefix length", peered(`["0.0.0.0"]`), []want{{"/rules/0/from/0", "write 0.0.0.0/0"}}},
	{"the IPv6 world without a prefix length", peered(`["::"]`), []want{{"/rules/0/from/0", "write ::/0"}}},
	{"the same in other words", peered(`["0:0:0:0:0:0:0:0"]`), []want{{"/rules/0/from/0", "write ::/0"}}},
	{"IPv4 in IPv6", peered(`["::ffff:10.0.0.0/104"]`), []want{{"/rules/0/from/0", "write it as IPv4: 10.0.0.0/8"}}},
	{"an address of IPv4 in IPv6", peered(`["::ffff:10.0.0.1"]`),
		[]want{{"/rules/0/from/0", "write it as IPv4: 10.0.0.1"}}},
	{"more than IPv4 in IPv6", peered(`["::ffff:0:0/95"]`), []want{{"/rules/0/from/0", "IPv4-mapped"}}},
	{"zone", peered(`["fe80::1%eth0"]`), []want{{"/rules/0/from/0", "zone"}}},
	{"zone with an escape", peered(`["fe80::1%\u001b[2J"]`), []want{{"/rules/0/from/0", `\x1b`}}},
	{"a name", peered(`["example.com"]`), []want{{"/rules/0/from/0", `"example.com"`}}},
	{"self in another case", peered(`["Self"]`), []want{{"/rules/0/from/0", `"Self"`}}},
	{"group id too short", peered(`["sg-1"]`), []want{{"/rules/0/from/0", `"sg-1"`}}},
	{"prefix list in upper case", peered(`["pl-0BBBBBBBBBBBBBBBB"]`), []want{{"/rules/0/from/0", "lower case"}}},
	{"account of 11 digits", peered(`["11112222333/` + groupID + `"]`), []want{{"/rules/0/from/0", "12 digits"}}},
}

func TestPeersRefused(t *testing.T) { refused(t, LaunchRequested, peersRefusals) }
