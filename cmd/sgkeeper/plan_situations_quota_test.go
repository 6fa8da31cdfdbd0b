package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// rules makes n rules from a format with one number.
func rules(n int, format string) []string {
	var texts []string
	for i := range n {
		texts = append(texts, fmt.Sprintf(format, i))
	}
	return texts
}

// TestQuota checks the quota of rules per group, in each direction and family.
func TestQuota(t *testing.T) {
	v4 := func(n int) []string { return rules(n, "tcp 1022 from 10.%d.0.0/16") }
	v6 := func(n int) []string { return rules(n, "tcp 1022 from 2001:db8:%d::/48") }
	groups := func(n int) []string { return rules(n, "tcp 1022 from sg-%017d") }
	ssh := func(launch string, peer string) string { return asks(launch, `{"ports": 22, "from": ["`+peer+`"]}`) }
	runSituations(t, []situation{
		{name: "sixty rules: one more does not fit", source: "terraform-provider-aws#12670",
			have:   v4(60),
			events: after(ssh("a", "0.0.0.0/0")), rejects: rejects("a /rules"), full: true},
		{name: "fifty-nine rules: one more fits",
			have:   v4(59),
			events: after(ssh("a", "0.0.0.0/0")), adds: adds("tcp 22 from 0.0.0.0/0")},
		{name: "the families are apart", source: "terraform-provider-aws#30289",
			have:   v4(60),
			events: after(ssh("a", "::/0")), adds: adds("tcp 22 from ::/0")},
		{name: "the directions are apart",
			have:   v4(60),
			events: after(asks("a", `{"ports": 22, "to": ["0.0.0.0/0"]}`)), adds: adds("tcp 22 to 0.0.0.0/0")},
		{name: "sixty and sixty are not too many",
			have:   append(v4(60), v6(60)...),
			events: after(ssh("a", "10.0.0.0/16")), adds: nil, rejects: rejects("a /rules"), full: true},
		{name: "a full group serves what is open",
			have:   append(v4(59), "tcp 22 from 0.0.0.0/0"),
			events: after(ssh("a", "0.0.0.0/0"))},
		{name: "a group over the limit serves what is open",
			have:   append(v4(70), "tcp 22 from 0.0.0.0/0"),
			events: after(ssh("a", "0.0.0.0/0"))},
		{name: "a group counts in both families", source: "awslimitchecker#431",
			have:   groups(60),
			events: after(ssh("a", "0.0.0.0/0"), ssh("b", "::/0")), rejects: rejects("a /rules", "b /rules"),
			full: true},
		{name: "a group needs room in both families",
			have:   v6(60),
			events: after(ssh("a", "self"), ssh("b", "10.0.0.0/8")), adds: adds("tcp 22 from 10.0.0.0/8"),
			rejects: rejects("a /rules"), full: true},
		{name: "a prefix list counts its weight in both", source: "awslimitchecker#447",
			have: v4(10), flags: flags("--weight", "pl-0bbbbbbbbbbbbbbbb=50"),
			events: after(ssh("a", "pl-0bbbbbbbbbbbbbbbb"), ssh("b", "::/0"), ssh("c", "10.0.0.0/8")),
			adds:   adds("tcp 22 from pl-0bbbbbbbbbbbbbbbb", "tcp 22 from ::/0"), rejects: rejects("c /rules"),
			full: true},
		{name: "a prefix list that is too heavy", source: "awslimitchecker#447",
			have: v4(11), flags: flags("--weight", "pl-0bbbbbbbbbbbbbbbb=50"),
			events: after(ssh("a", "pl-0bbbbbbbbbbbbbbbb")), rejects: rejects("a /rules"), full: true},
		{name: "a prefix list that is there weighs too",
			have: have("tcp 443 from pl-0bbbbbbbbbbbbbbbb"), flags: flags("--weight", "pl-0bbbbbbbbbbbbbbbb=60"),
			events: after(ssh("a", "10.0.0.0/8")), rejects: rejects("a /rules"), full: true},
		{name: "a prefix list without weight counts one",
			have:   v4(59),
			events: after(ssh("a", "pl-0bbbbbbbbbbbbbbbb")), adds: adds("tcp 22 from pl-0bbbbbbbbbbbbbbbb")},
		{name: "a request that does not fit does not stop the next", source: "cloud-provider-aws#1462",
			have: v4(58),
			events: after(asks("big", `{"ports": [1, 3, 5], "from": ["10.0.0.0/8"]}`),
				asks("small", `{"ports": [1, 7], "from": ["10.0.0.0/8"]}`)),
			adds: adds("tcp 1 from 10.0.0.0/8", "tcp 7 from 10.0.0.0/8"), rejects: rejects("big /rules"), full: true},
		{name: "a request is served whole or not at all",
			have:   v4(59),
			events: after(asks("a", `{"ports": [1, 3], "from": ["10.0.0.0/8"]}`)), rejects: rejects("a /rules"),
			full: true},
		{name: "what two share counts once",
			have:   v4(59),
			events: after(ssh("a", "0.0.0.0/0"), ssh("b", "0.0.0.0/0")), adds: adds("tcp 22 from 0.0.0.0/0")},
		{name: "an ended launch leaves its room to others",
			have:   v4(59),
			events: after(ssh("a", "0.0.0.0/0"), ssh("b", "10.0.0.0/8"), ends("a")),
			adds:   adds("tcp 22 from 10.0.0.0/8")},
		{name: "a raised limit",
			have: v4(60), flags: flags("--limit", "61"),
			events: after(ssh("a", "0.0.0.0/0")), adds: adds("tcp 22 from 0.0.0.0/0")},
		{name: "a lowered limit revokes nothing and refuses what is new",
			have: v4(60), flags: flags("--limit", "5"),
			events: after(ssh("a", "0.0.0.0/0")), rejects: rejects("a /rules"), full: true},
		{name: "every quota that is exceeded is named",
			flags:   flags("--limit", "1"),
			events:  after(asks("a", `{"ports": [1, 3], "from": ["10.0.0.0/8", "::/0"]}`)),
			rejects: rejects("a /rules", "a /rules"), full: true},
	})
}

// TestThousandRules checks a group of 1,000 rules, in any order.
func TestThousandRules(t *testing.T) {
	many := append(rules(500, "tcp %d from 10.0.0.0/8"), rules(499, "udp 1%03d from 172.16.0.0/12")...)
	many = append(many, "tcp 8000-9000 from 0.0.0.0/0")
	rand.Shuffle(len(many), func(i, j int) { many[i], many[j] = many[j], many[i] })
	runSituations(t, []situation{
		{name: "one is missing", source: "cloud-provider-aws#1222",
			have: many, flags: flags("--limit", "1000"),
			events: after(asks("a", `{"ports": ["0-499", 8080, 8002], "from": ["10.0.0.0/8"]}`)),
		},
		{name: "one is too many", have: many, flags: flags("--limit", "1000"),
			events:  after(asks("a", `{"ports": 500, "from": ["10.0.0.0/8"]}`)),
			rejects: rejects("a /rules"), full: true,
		},
	})
}

// TestThousandAsked checks a request of 1,000 rules, and of one more.
func TestThousandAsked(t *testing.T) {
	ports := func(n int) string { return `["` + strings.Join(rules(n, "%d"), `", "`) + `"]` }
	runSituations(t, []situation{
		{name: "a thousand", have: have("tcp 0-65535 from 10.0.0.0/8"),
			events: after(asks("a", `{"ports": `+ports(1000)+`, "from": ["10.0.0.0/8"]}`))},
		{name: "one more", have: have("tcp 0-65535 from 10.0.0.0/8"),
			events:  after(asks("a", `{"ports": `+ports(1001)+`, "from": ["10.0.0.0/8"]}`)),
			rejects: rejects("a /rules")},
	})
}
