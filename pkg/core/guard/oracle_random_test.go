package guard_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
)

// oRandom draws a file and a request from few values, so that they often overlap.
func oRandom(r *rand.Rand) oCase {
	c := oCase{builtin: r.IntN(2) == 0, restricted: r.IntN(3) > 0, launch: r.IntN(2) == 0, tag: r.IntN(2) == 0,
		worldExpires: r.IntN(6) == 0, expires: r.IntN(2) == 0}
	if r.IntN(12) == 0 {
		c.maxRules = 1 + r.IntN(3)
	}
	if c.restricted {
		for range 1 + r.IntN(3) {
			c.allow = append(c.allow, oRandomEntry(r, true))
		}
	}
	for range r.IntN(3) {
		c.deny = append(c.deny, oRandomEntry(r, false))
	}
	for range 1 + r.IntN(3) {
		c.rules = append(c.rules, oRandomRule(r, oAskedPeers))
	}
	if c.restricted && r.IntN(2) == 0 { // near the allowed rules
		c.rules = c.rules[:0]
		for _, e := range c.allow {
			near := e.rules[r.IntN(len(e.rules))]
			if strings.Contains(near.peer, "*") || r.IntN(6) == 0 {
				near.peer = pick(r, oAskedPeers)
			}
			if near.protocol == 6 && r.IntN(2) == 0 {
				near.last = near.first + r.IntN(near.last-near.first+1)
			}
			c.rules = append(c.rules, near)
		}
	}
	if r.IntN(8) == 0 { // the world, or close to it, in pieces
		c.rules = oPieces(r)
	}
	c.entries = make(map[string][]string)
	for _, id := range []string{list, "pl-0cccccccccccccccc"} {
		if r.IntN(5) == 0 {
			continue // it cannot be read
		}
		for range r.IntN(4) {
			if entry := pick(r, oAskedPeers); strings.Contains(entry, "/") && !strings.Contains(entry, "sg-") {
				c.entries[id] = append(c.entries[id], entry)
			}
		}
		c.entries[id] = append(c.entries[id], "198.51.100.7/32")
	}
	if r.IntN(6) == 0 {
		c.rules[r.IntN(len(c.rules))].peer = list
	}
	return c
}

func pick(r *rand.Rand, all []string) string { return all[r.IntN(len(all))] }

var (
	oAskedPeers = []string{
		"0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/7", "10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "11.0.0.0/8",
		"10.1.0.0/16", "52.0.0.0/8", "53.0.0.0/8", "172.16.0.0/12", "198.51.100.7/32",
		"::/0", "::/1", "8000::/1", "2600::/15", "2600::/16", "2601::/16", "2600:0:1::/48", "fc00::/7", "fd00::/8",
		"2001:db8::1/128",
		"self", group, account + "/" + group, peer, account + "/" + peer, other + "/" + peer, "sg-0cccccccccccccccc",
		list, "pl-0cccccccccccccccc",
	}
	oAllowedPeers = append([]string{"sg-*", account + "/sg-*", other + "/sg-*", "0.0.0.0/0", "::/0", "10.0.0.0/8"},
		oAskedPeers...)
	oDeniedPeers = append([]string{"world", "world", "pl-*"}, oAllowedPeers...)
)

func oRandomEntry(r *rand.Rand, allows bool) oEntry {
	e := oEntry{scope: pick(r, []string{"", "", "", "launch", "tag"})}
	peers := oDeniedPeers
	if allows {
		peers = oAllowedPeers
	}
	for range 1 + r.IntN(4) {
		e.rules = append(e.rules, oRandomRule(r, peers))
	}
	return e
}

func oRandomRule(r *rand.Rand, peers []string) oRule {
	rule := oRule{egress: r.IntN(6) == 0, peer: pick(r, peers)}
	switch r.IntN(10) {
	case 0, 1:
		rule.protocol = -1
	case 2:
		rule.protocol = []int{1, 58}[r.IntN(2)]
		rule.first, rule.last = []int{-1, 3, 8}[r.IntN(3)], -1
		if rule.first >= 0 && r.IntN(2) == 0 {
			rule.last = r.IntN(2)
		}
	case 3:
		rule.protocol = []int{0, 47, 255}[r.IntN(3)]
	default:
		rule.protocol = []int{6, 6, 6, 17}[r.IntN(4)]
		edges := []int{0, 20, 21, 22, 23, 80, 81, 443, 3389, 65535}
		rule.first = edges[r.IntN(len(edges))]
		rule.last = max(rule.first, edges[r.IntN(len(edges))])
	}
	return rule
}

// oPieces requests blocks of about a /8 of IPv4 or a /16 of IPv6 in all, on ranges that may
// overlap.
func oPieces(r *rand.Rand) (rules []oRule) {
	if r.IntN(3) == 0 { // private addresses and their neighbours
		near := []string{"10.0.0.0/8", "10.0.0.0/8", "11.0.0.0/8", "172.16.0.0/12", "172.32.0.0/12", "192.168.0.0/16",
			"100.64.0.0/10", "10.0.0.0/9", "52.0.0.0/8", "54.0.0.0/16", "fc00::/7", "2600::/16"}
		for range 2 + r.IntN(3) {
			rules = append(rules, oRule{protocol: 6, first: 20 + r.IntN(3), last: 22, peer: pick(r, near)})
		}
		return rules
	}
	const n = 16
	piece := func(i int) string { return fmt.Sprintf("52.%d.0.0/12", i*n) }
	if r.IntN(2) == 0 {
		piece = func(i int) string { return fmt.Sprintf("2600:%x000::/20", i) }
	}
	for i := range n - r.IntN(3) {
		rules = append(rules, oRule{protocol: 6, first: 20 + r.IntN(3), last: 22 + r.IntN(2), peer: piece(i)})
	}
	for range r.IntN(3) {
		more := oRule{protocol: 6, first: 22, last: 22, peer: pick(r,
			[]string{"198.51.100.7/32", "52.1.0.1/32", "10.0.0.0/8", "2601::/20", "2001:db8::1/128", "53.0.0.0/12"})}
		if r.IntN(4) == 0 {
			more.protocol = -1
		}
		rules = append(rules, more)
	}
	return rules
}

// event returns the rule in one of several spellings of an event or a file.
func (r oRule) event() string {
	key := "from"
	if r.egress {
		key = "to"
	}
	text := fmt.Sprintf(`{"protocol":"%d",%q:[%q]`, r.protocol, key, r.peer)
	switch r.protocol {
	case 6, 17:
		text += fmt.Sprintf(`,"ports":"%d-%d"`, r.first, r.last)
	case 1, 58:
		text += fmt.Sprintf(`,"icmp":{"type":%d,"code":%d}`, r.first, r.last)
	}
	return text + "}"
}

func oEvents(rules []oRule) string {
	texts := make([]string, len(rules))
	for i, r := range rules {
		texts[i] = r.event()
	}
	return "[" + strings.Join(texts, ",") + "]"
}

// file returns the case's file.
func (c oCase) file() string {
	var b strings.Builder
	fmt.Fprintf(&b, "builtin: %v\n", c.builtin)
	if c.restricted {
		oWrite(&b, "allow", c.allow)
	}
	if len(c.deny) > 0 {
		oWrite(&b, "deny", c.deny)
	}
	if c.maxRules > 0 || c.worldExpires {
		fmt.Fprintf(&b, "limits: {worldExpires: %v", c.worldExpires)
		if c.maxRules > 0 {
			fmt.Fprintf(&b, ", rules: %d", c.maxRules)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func oWrite(b *strings.Builder, key string, entries []oEntry) {
	fmt.Fprintf(b, "%s:\n", key)
	for i, e := range entries {
		scope := map[string]string{"": "", "launch": `"launches": ["a*"], `,
			"tag": `"tags": {"env": "dev*"}, `}[e.scope]
		fmt.Fprintf(b, "- {\"id\": %s%d, %s\"rules\": %s}\n", key, i, scope, oEvents(e.rules))
	}
}

// oDecoded returns the request as the events' decoder reads it.
func oDecoded(c oCase) guard.Candidate {
	detail := fmt.Sprintf(`{"launch":"b","group":%q,"rules":%s}`, group, oEvents(c.rules))
	messages, err := events.Decoder{Account: account, Region: "us-east-1"}.DecodeFile([]byte(detail))
	if err != nil || messages[0].Request == nil {
		panic(fmt.Sprint(detail, err, messages))
	}
	r := messages[0].Request
	return guard.Candidate{Launch: r.Launch, Group: guard.Group{Account: account, ID: group}, Rules: r.Rules,
		Parts: r.Parts}
}
