package events

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// maxTouched bounds the rules, and the ids of rules, that are taken from one event.
const maxTouched = 1000

// touched collects the rules that the parameters and the response of a call contain.
type touched struct {
	directions []secgroup.Direction // of a rule without a direction of its own
	rules      []secgroup.Rule
	ids        []string
}

// rulesIn returns the rules in a call's parameters and response, and the ids of rules there.
// CloudTrail has many forms of both: camel case or Pascal case, items or lists, a set of
// permissions or flat parameters. So rulesIn takes every object with a protocol as a rule or a
// permission. It leaves out anything that it cannot read. A call that modifies rules does not
// have their direction, so rulesIn returns such a rule in both.
func rulesIn(detail value, call string) (rules []secgroup.Rule, ids []string) {
	var t touched
	if !strings.HasSuffix(call, "Egress") {
		t.directions = append(t.directions, secgroup.Ingress)
	}
	if !strings.HasSuffix(call, "Ingress") {
		t.directions = append(t.directions, secgroup.Egress)
	}
	for _, key := range []string{"requestParameters", "responseElements"} {
		v, _ := detail.get(key)
		t.walk(v)
	}
	return t.rules, t.ids
}

func (t *touched) walk(v value) {
	switch {
	case v.kind == text && secgroup.IsRuleID(v.text):
		if len(t.ids) < maxTouched && !slices.Contains(t.ids, v.text) {
			t.ids = append(t.ids, v.text)
		}
	case v.kind == list:
		for _, element := range v.list {
			t.walk(element)
		}
	case v.kind == object:
		t.permission(v)
		for _, m := range v.members {
			t.walk(m.value)
		}
	}
}

// permission takes the rules of an object, if it is a rule or a permission.
func (t *touched) permission(v value) {
	protocol, err := secgroup.ParseProtocol(literal(v, "ipProtocol"))
	first, firstOK := portIn(v, "fromPort")
	last, lastOK := portIn(v, "toPort")
	if err != nil || !firstOK || !lastOK {
		return
	}
	directions := t.directions
	for _, m := range v.members {
		if strings.EqualFold(m.key, "isEgress") && m.value.kind == boolean {
			directions = []secgroup.Direction{secgroup.Ingress}
			if m.value.text == "true" {
				directions = []secgroup.Direction{secgroup.Egress}
			}
		}
	}
	for _, peer := range peersIn(v, false) {
		for _, d := range directions {
			r := secgroup.New(d, protocol, secgroup.Ports{First: first, Last: last}, peer)
			if len(t.rules) < maxTouched && !slices.Contains(t.rules, r) {
				t.rules = append(t.rules, r)
			}
		}
	}
}

// literal returns the text or the number of the member with that key, ignoring case.
func literal(v value, key string) string {
	for _, m := range v.members {
		if strings.EqualFold(m.key, key) && (m.value.kind == text || m.value.kind == number) {
			return m.value.text
		}
	}
	return ""
}

// portIn returns a port, or -1 if it is absent.
func portIn(v value, key string) (port int32, ok bool) {
	written := literal(v, key)
	if written == "" {
		return -1, true
	}
	n, err := strconv.ParseInt(written, 10, 32)
	return int32(n), err == nil && n >= -1 && n <= 65535
}

// peersIn returns the peers in an object. In a reference to a group, the group's id is the peer.
// Elsewhere, it is the group that has the rule.
func peersIn(v value, reference bool) (peers []secgroup.Peer) {
	if v.kind == list {
		for _, element := range v.list {
			peers = append(peers, peersIn(element, reference)...)
		}
		return peers
	}
	for _, m := range v.members {
		switch key, written := strings.ToLower(m.key), m.value.text; {
		case key == "cidrip", key == "cidripv4", key == "cidripv6", key == "prefixlistid":
			peer, err := secgroup.ParsePeer(written)
			_, isCIDR := peer.Prefix()
			_, isList := peer.PrefixList()
			if err == nil && (isCIDR || isList) {
				peers = append(peers, peer)
			}
		case key == "groupid" && reference, key == "referencedgroupid":
			if owner := folded(v, "userId"); secgroup.IsGroupID(written) {
				if !secgroup.IsAccount(owner) {
					owner = ""
				}
				peers = append(peers, secgroup.GroupOf(owner, written))
			}
		case m.value.kind == object || m.value.kind == list:
			peers = append(peers, peersIn(m.value, reference || key == "groups" || key == "referencedgroupinfo")...)
		}
	}
	return peers
}
