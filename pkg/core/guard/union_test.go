package guard_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// live returns an open request of a launch.
func live(launch string, rules ...string) claim.Request {
	r := claim.Request{
		Launch: claim.Launch{Account: account, Name: launch}, Status: claim.Open, Received: now,
		Group: claim.Group{Account: account, Region: "us-east-1", ID: group},
	}
	for _, text := range rules {
		r.Rules = append(r.Rules, secgroup.Entry{Rule: secgroup.MustParseRule(text).In(account, group)})
	}
	return r
}

// expiring returns a request that expires.
func expiring(r claim.Request) claim.Request {
	r.ExpiresAt = now.Add(time.Hour)
	return r
}

// TestUnion judges the last request together with those before it.
func TestUnion(t *testing.T) {
	dev := &guard.Facts{Name: "lab", Tags: map[string]string{"env": "dev"}}
	const tagged = "deny: [{id: x, tags: {env: prod}, rules: [{ports: 80, from: [world]}]}]"
	for _, row := range []struct {
		name  string
		file  string // "": the built-in guardrails
		facts *guard.Facts
		live  []claim.Request // the last one is judged
		want  string          // "": allowed; "wait": unknown
	}{
		{"alone", "", nil, []claim.Request{live("a", "tcp 22 from 52.0.0.0/8")}, ""},
		{"alone, the world", "", nil, []claim.Request{live("a", "tcp 22 from 0.0.0.0/0")},
			"/rules: tcp 22 from 0.0.0.0/0: this is open"},
		{"one more address", "", nil, []claim.Request{live("a", "tcp 22 from 52.0.0.0/8"),
			live("b", "tcp 22 from 198.51.100.7/32")},
			"tcp 22 from 198.51.100.7/32: together with live requests of launch a, " +
				"this is open to as much as the world: port 22 (SSH)"},
		{"an address within", "", nil, []claim.Request{live("a", "tcp 22 from 52.0.0.0/8"),
			live("b", "tcp 22 from 52.1.0.0/16")}, ""},
		{"private addresses", "", nil, []claim.Request{live("a", "tcp 22 from 52.0.0.0/8"),
			live("b", "tcp 22 from 10.0.0.0/8")}, ""},
		{"private ones that adjoin", "", nil, []claim.Request{live("a", "tcp 22 from 11.0.0.0/8"),
			live("b", "tcp 22 from 10.0.0.0/8")}, ""},
		{"another port", "", nil, []claim.Request{live("a", "tcp 22 from 52.0.0.0/8"),
			live("b", "tcp 23 from 53.0.0.0/8")}, ""},
		{"a port that is not denied", "", nil, []claim.Request{live("a", "tcp 80 from 52.0.0.0/8"),
			live("b", "tcp 80 from 53.0.0.0/8")}, ""},
		{"another protocol", "", nil, []claim.Request{live("a", "tcp 22 from 52.0.0.0/8"),
			live("b", "udp 22 from 53.0.0.0/8")}, ""},
		{"the other family", "", nil, []claim.Request{live("a", "tcp 22 from 52.0.0.0/8"),
			live("b", "tcp 22 from 2600::/16")}, ""},
		{"IPv6", "", nil, []claim.Request{live("a", "tcp 22 from 2600::/16"), live("b", "tcp 22 from 2601::1/128")},
			"port 22 (SSH)"},
		{"egress", "", nil, []claim.Request{live("a", "tcp 22 to 52.0.0.0/8"), live("b", "tcp 22 to 53.0.0.0/8")}, ""},
		{"ranges that meet in the port", "", nil, []claim.Request{live("a", "tcp 20-22 from 52.0.0.0/8"),
			live("b", "tcp 22-30 from 53.0.0.0/8")}, "port 22"},
		{"all traffic and a port", "", nil, []claim.Request{live("a", "all from 52.0.0.0/8"),
			live("b", "tcp 22 from 53.0.0.0/8")}, "port 22"},
		{"all traffic twice", "", nil, []claim.Request{live("a", "all from 52.0.0.0/8"),
			live("b", "all from 53.0.0.0/8")}, "all traffic from the world"},
		{"a group", "", nil, []claim.Request{live("a", "tcp 22 from 52.0.0.0/8"),
			live("b", "tcp 22 from self", "tcp 22 from "+peer)}, ""},
		{"a list", "", nil, []claim.Request{live("a", "tcp 22 from "+list), live("b", "tcp 22 from 53.0.0.0/8")},
			"launch a"},
		{"a list that was not read", "", nil, []claim.Request{live("a", "tcp 22 from 52.0.0.0/8"),
			live("b", "tcp 22 from pl-0cccccccccccccccc")}, "wait"},
		{"beside a list that was not read", "", nil, []claim.Request{live("a", "tcp 22 from pl-0cccccccccccccccc"),
			live("b", "tcp 22 from 53.0.0.0/8")}, ""},
		{"a list that is listed", "allow: [{id: x, rules: [{ports: 22, from: [" + list + "]}]}, {id: y, rules: all}]",
			nil,
			[]claim.Request{live("a", "tcp 22 from "+list), live("b", "tcp 22 from 53.0.0.0/8")}, ""},
		{"ranges that do not meet in a denied range", "deny: [{id: x, rules: [{ports: 80-90, from: [world]}]}]", nil,
			[]claim.Request{live("a", "tcp 80-85 from 52.0.0.0/8"), live("b", "tcp 86-95 from 53.0.0.0/8")}, ""},
		{"ranges that meet in one port of a denied range", "deny: [{id: x, rules: [{ports: 80-90, from: [world]}]}]",
			nil,
			[]claim.Request{live("c", "tcp 70-81 from 10.0.0.0/8"), live("a", "tcp 80-86 from 52.0.0.0/8"),
				live("b", "tcp 86-95 from 53.0.0.0/8")},
			`is denied by entry "x": together with live requests of launch a, it opens tcp 80-90 from world`},
		{"where the third begins", "deny: [{id: x, rules: [{protocol: all, from: [world]}]}]", nil,
			[]claim.Request{live("a", "tcp 1-100 from 52.0.0.0/9"), live("b", "tcp 50-60 from 52.128.0.0/9"),
				live("c", "tcp 40-70 from 53.0.0.0/32")}, "launch a, b"},
		{"for one launch alone", "deny: [{id: x, launches: [b], rules: [{ports: 80, from: [world]}]}]", nil,
			[]claim.Request{live("a", "tcp 80 from 52.0.0.0/8"), live("b", "tcp 80 from 53.0.0.0/8")}, ""},
		{"on a tag that the group may have", tagged, nil,
			[]claim.Request{live("a", "tcp 80 from 52.0.0.0/8"), live("b", "tcp 80 from 53.0.0.0/8")}, "wait"},
		{"on a tag that it does not have", tagged, dev,
			[]claim.Request{live("a", "tcp 80 from 52.0.0.0/8"), live("b", "tcp 80 from 53.0.0.0/8")}, ""},
		{"the world must expire", "limits: {worldExpires: true}", nil,
			[]claim.Request{live("a", "tcp 80 from 52.0.0.0/8"), live("b", "tcp 80 from 53.0.0.0/8")},
			"a rule that is open to the world must expire"},
		{"the world must expire, and one of them does", "limits: {worldExpires: true}", nil,
			[]claim.Request{expiring(live("a", "tcp 80 from 52.0.0.0/8")), live("b", "tcp 80 from 53.0.0.0/8")}, ""},
	} {
		g := guard.Builtin()
		if row.file != "" {
			g = read(t, row.file)
		}
		lists := map[string]guard.List{list: {Entries: []netip.Prefix{netip.MustParsePrefix("52.0.0.0/8")}}}
		u := g.Union(guard.Group{Account: account, ID: group, Facts: row.facts}, lists)
		last := row.live[len(row.live)-1]
		for _, r := range row.live[:len(row.live)-1] {
			u.Add(r)
		}
		reasons, wait := u.Against(last)
		got := reasons.Error()
		if wait != (row.want == "wait") || !wait && ((row.want == "") != (reasons == nil) ||
			!strings.Contains(got, row.want)) {
			t.Errorf("%s: %q, wait %v; want %q", row.name, got, wait, row.want)
		}
	}
}

// TestUnionNamesFew: the fault names some launches of a union and counts the others.
func TestUnionNamesFew(t *testing.T) {
	u := guard.Builtin().Union(guard.Group{Account: account, ID: group}, nil)
	for i := range 16 {
		u.Add(live(fmt.Sprint("l", i), fmt.Sprintf("tcp 22 from 52.%d.0.0/12", 16*i)))
	}
	reasons, _ := u.Against(live("last", "tcp 22 from 53.0.0.0/32"))
	if got := reasons.Error(); len(reasons) != 1 || !strings.Contains(got,
		"together with live requests of launch l0, l1, l2 and 13 more, ") {
		t.Errorf("%q, want three names and 13 more", got)
	}
}

// TestNeeds: Needs names only data that the verdict depends on.
func TestNeeds(t *testing.T) {
	const tagged = "deny: [{id: x, tags: {env: prod}, rules: [{ports: 80, from: [world]}]}]"
	for _, row := range []struct {
		name, file    string
		fresh, others []claim.Request
		lists         []string
		facts         bool
	}{
		{"nothing", "", []claim.Request{live("a", "tcp 80 from 0.0.0.0/0", "tcp 22 from 10.0.0.0/8")},
			[]claim.Request{live("b", "tcp 22 from "+list)}, nil, false},
		{"its list", "", []claim.Request{live("a", "tcp 22 from "+list)}, nil, []string{list}, false},
		{"the list of another", "", []claim.Request{live("a", "tcp 22 from 198.51.100.7/32")},
			[]claim.Request{live("b", "tcp 22 from "+list)}, []string{list}, false},
		{"but not on another port", "", []claim.Request{live("a", "tcp 22 from 198.51.100.7/32")},
			[]claim.Request{live("b", "tcp 3389 from "+list)}, nil, false},
		{"tags", tagged, []claim.Request{live("a", "tcp 80 from 198.51.100.7/32")}, nil, nil, true},
		{"no tags on another port", tagged, []claim.Request{live("a", "tcp 81 from 198.51.100.7/32")}, nil, nil, false},
	} {
		g := guard.Builtin()
		if row.file != "" {
			g = read(t, row.file)
		}
		lists, facts := g.Needs(guard.Group{Account: account, ID: group}, row.fresh, row.others)
		if !slices.Equal(lists, row.lists) || facts != row.facts {
			t.Errorf("%s: lists %v, facts %v; want %v, %v", row.name, lists, facts, row.lists, row.facts)
		}
	}
}

// TestManyLists: a request that depends on more than 20 lists or 20,000 entries is refused.
func TestManyLists(t *testing.T) {
	const maxLists, maxEntries = 20, 20_000
	named := func(n int) (rules []string) {
		for i := range n {
			rules = append(rules, fmt.Sprintf("tcp 22 from pl-%017x", i))
		}
		return rules
	}
	if ids := guard.Builtin().Reads(ask(named(maxLists)...)); len(ids) != maxLists {
		t.Errorf("Reads returns %d lists, want %d", len(ids), maxLists)
	}
	many := ask(named(maxLists + 1)...)
	if faults, _ := guard.Builtin().Check(many); len(guard.Builtin().Reads(many)) != 0 ||
		!strings.Contains(faults.Error(), "the rules name 21 prefix lists") {
		t.Errorf("%v, want none of too many lists read", faults)
	}
	long := ask("tcp 22 from "+list, "udp 22 from "+list, "tcp 3389 from "+list)
	long.Lists = map[string]guard.List{list: {Entries: make([]netip.Prefix, maxEntries/3+1)}}
	for i := range long.Lists[list].Entries {
		long.Lists[list].Entries[i] = netip.PrefixFrom(netip.AddrFrom4([4]byte{52, 1, byte(i / 256), byte(i)}), 32)
	}
	if faults, _ := guard.Builtin().Check(long); !strings.Contains(faults.Error(), "prefix lists with 20001 entries") {
		t.Errorf("%v, want too many entries refused", faults)
	}
}

// BenchmarkUnion judges a request beside many others. Each requests SSH from its own address,
// and for its own port in a range that a file denies to the world.
func BenchmarkUnion(b *testing.B) {
	g := read(b, "deny: [{id: x, rules: [{ports: 1024-65535, from: [world]}]}]")
	for _, n := range []int{2_000, 20_000} {
		others := make([]claim.Request, n)
		for i := range others {
			others[i] = live(fmt.Sprint("l", i), fmt.Sprintf("tcp 22 from 52.1.%d.%d/32", i/256, i%256),
				fmt.Sprintf("tcp %d-%d from 52.2.%d.%d/32", 1024+3*i, 1030+3*i, i/256, i%256))
		}
		for name, fresh := range map[string]claim.Request{
			"a port that is not denied": live("a", "tcp 443 from 0.0.0.0/0"),
			"SSH":                       live("a", "tcp 22 from 198.51.100.7/32"),
			"every port":                live("a", "tcp 0-65535 from 198.51.100.7/32"),
		} {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				for b.Loop() {
					u := g.Union(guard.Group{Account: account, ID: group}, nil)
					for _, r := range others {
						u.Add(r)
					}
					if reasons, _ := u.Against(fresh); reasons != nil {
						b.Fatal(reasons)
					}
				}
			})
		}
		b.Run(fmt.Sprintf("%d/all of them refused", n), func(b *testing.B) {
			for b.Loop() {
				u := g.Union(guard.Group{Account: account, ID: group}, nil)
				u.Add(live("a", "tcp 0-65535 from 53.0.0.0/8"))
				for _, r := range others {
					if reasons, _ := u.Against(r); reasons == nil {
						b.Fatal("not refused")
					}
				}
			}
		})
	}
}
