package handler_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// The model defines the guardrails by brute force. It does not use the rule algebra, requests
// or rounds. It tests single addresses on single ports, and adds up the part of the address
// space that each address stands for.

// point is one port of one protocol, or all traffic.
type point struct {
	protocol string // tcp, udp or all
	port     int
}

// modelRule is a rule of an event.
type modelRule struct {
	protocol    string
	first, last int
	peer        string
}

// points are the points of a rule.
func (r modelRule) points() (all []point) {
	if r.protocol == "all" {
		return []point{{"all", 0}}
	}
	for port := r.first; port <= r.last; port++ {
		all = append(all, point{r.protocol, port})
	}
	return all
}

// admits reports whether a rule opens a point.
func (r modelRule) admits(p point) bool {
	return r.protocol == "all" || r.protocol == p.protocol && r.first <= p.port && p.port <= r.last
}

// event is the rule in an event's form.
func (r modelRule) event() string {
	if r.protocol == "all" {
		return fmt.Sprintf(`{"protocol":"all","from":[%q]}`, r.peer)
	}
	return fmt.Sprintf(`{"protocol":%q,"ports":"%d-%d","from":[%q]}`, r.protocol, r.first, r.last, r.peer)
}

// owner is the account and the name of a launch.
type owner struct{ account, launch string }

// modelRequest is a request of a launch.
type modelRequest struct {
	owner
	rules []modelRule
}

// key identifies a request by the rules that it opens, not by their spelling.
func (r modelRequest) key() string {
	var all []string
	for _, rule := range r.rules {
		for _, p := range rule.points() {
			all = append(all, fmt.Sprint(p.protocol, " ", p.port, " ", rule.peer))
		}
	}
	slices.Sort(all)
	return r.account + "/" + r.launch + ": " + strings.Join(slices.Compact(all), ", ")
}

// names reports whether a rule of the request has the peer.
func (r modelRequest) names(peer string) bool {
	return slices.ContainsFunc(r.rules, func(rule modelRule) bool { return rule.peer == peer })
}

// sample is an address that stands for others. Every peer of the test contains all of these
// addresses, or none.
type sample struct {
	addr   netip.Addr
	public float64 // number of public addresses, in /8 of IPv4 or /16 of IPv6
}

var samples = func() (all []sample) {
	for _, s := range []struct {
		addr   string
		public float64
	}{
		{"52.0.0.1", 0.5}, {"52.128.0.1", 0.5}, {"53.0.0.1", 0.5}, {"53.128.0.1", 0.5}, {"54.0.0.1", 0.5},
		{"198.51.100.7", 1e-6}, {"10.0.0.1", 0}, {"1.0.0.1", 124}, {"200.0.0.1", 127},
		{"2600::1", 0.5}, {"2600:8000::1", 0.5}, {"2601::1", 1}, {"2001:db8::1", 1e-6}, {"fd00::1", 0},
	} {
		all = append(all, sample{netip.MustParseAddr(s.addr), s.public})
	}
	return all
}()

const (
	listA, listB, listGone = "pl-0aaaaaaaaaaaaaaaa", "pl-0bbbbbbbbbbbbbbbb", "pl-0cccccccccccccccc"

	home, second, operator = "111122223333", "222233334444", "444455556666"
)

// model is the expected state of the group.
type model struct {
	rails   int // index of the guardrails in force
	entries map[string][]string
	live    []modelRequest
	ended   map[owner]bool
	refused map[string]bool // keys of requests that were refused for good beside others
	claimed map[owner]bool  // launches with requests that were refused after the claim
}

// railsFiles are the guardrails; "" stands for the built-in ones.
var railsFiles = []string{
	"",
	`
deny: [{id: lab, launches: ["a*"], rules: [{ports: 9000-9002, from: [world]}]}]
admins: [{id: operator, accounts: ["` + operator + `"]}]
reach: [{accounts: ["*"], groups: ["` + home + `"]}]
`,
	`
allow:
- {id: office, rules: [{ports: 22, from: [` + listA + `]}]}
- {id: rest, rules: all}
deny: [{id: host, rules: [{ports: 9001, from: [world, 198.51.100.7]}]}]
reach: [{accounts: ["` + second + `"], groups: ["` + home + `"]}]
`,
}

// reaches reports whether an account's launches may open rules on the group, which belongs to
// home.
func (m *model) reaches(account string) bool {
	return account == home || m.rails == 1 || m.rails == 2 && account == second
}

// speaks returns the launch that an account's event means.
func (m *model) speaks(account, name string) owner {
	if of, rest, found := strings.Cut(name, "/"); found && m.rails == 1 && account == operator {
		return owner{of, rest}
	}
	return owner{account, name}
}

// holds reports whether a peer contains an address.
func (m *model) holds(peer string, a netip.Addr) bool {
	prefixes := m.entries[peer]
	if strings.Contains(peer, "/") {
		prefixes = []string{peer}
	}
	return slices.ContainsFunc(prefixes, func(p string) bool { return netip.MustParsePrefix(p).Contains(a) })
}

// opens reports whether requests open a point to an address.
func (m *model) opens(p point, a netip.Addr) bool {
	return slices.ContainsFunc(m.live, func(r modelRequest) bool {
		return slices.ContainsFunc(r.rules, func(rule modelRule) bool {
			return rule.admits(p) &&
				m.holds(rule.peer, a)
		})
	})
}

// denial is traffic that may not be open to the world.
type denial struct {
	point
	launches string // prefix of their names
}

func (m *model) denials() []denial {
	all := []denial{{point: point{"all", 0}}}
	for _, port := range []int{22, 23, 3389} {
		all = append(all, denial{point: point{"tcp", port}}, denial{point: point{"udp", port}})
	}
	switch m.rails {
	case 1:
		for port := 9000; port <= 9002; port++ {
			all = append(all, denial{point{"tcp", port}, "a"})
		}
	case 2:
		all = append(all, denial{point: point{"tcp", 9001}})
	}
	return all
}

// isListed reports whether an allow entry lists the rule's prefix list at a point.
func (m *model) isListed(r modelRule, p point) bool {
	return m.rails == 2 && r.peer == listA && r.protocol == "tcp" && p == point{"tcp", 22}
}

// counts reports whether a rule opens a denied point to an address that is judged.
func (m *model) counts(d denial, r modelRule, s sample) bool {
	return s.public > 0 && r.admits(d.point) && (d.protocol != "all" || r.protocol == "all") &&
		!m.isListed(r, d.point) && m.holds(r.peer, s.addr)
}

// forbids reports whether a request may not be live beside others.
func (m *model) forbids(r modelRequest, others []modelRequest) bool {
	if !m.reaches(r.account) {
		return true
	}
	for _, rule := range r.rules {
		if rule.peer == listGone { // its entries are unknown, or EC2 rejects it
			return true
		}
		host := netip.MustParseAddr("198.51.100.7")
		if m.rails == 2 && rule.admits(point{"tcp", 9001}) && m.holds(rule.peer, host) {
			return true
		}
	}
	all := append(slices.Clone(others), r)
	for _, d := range m.denials() {
		for _, is4 := range []bool{true, false} {
			concerned, total := false, 0.0
			for _, s := range samples {
				if s.addr.Is4() != is4 {
					continue
				}
				open := false
				for _, q := range all {
					if !strings.HasPrefix(q.launch, d.launches) {
						continue
					}
					if slices.ContainsFunc(q.rules, func(rule modelRule) bool { return m.counts(d, rule, s) }) {
						open = true
						concerned = concerned || q.key() == r.key()
					}
				}
				if open {
					total += s.public
				}
			}
			if concerned && total > 1 {
				return true
			}
		}
	}
	return false
}

// unread reports whether a request depends on an unreadable list. Such a request is refused
// before the claim.
func (m *model) unread(r modelRequest) bool {
	return slices.ContainsFunc(r.rules, func(rule modelRule) bool {
		return rule.peer == listGone && (m.rails == 2 || slices.ContainsFunc(m.denials(), func(d denial) bool {
			return rule.admits(d.point) && (d.protocol != "all" || rule.protocol == "all") &&
				strings.HasPrefix(r.launch, d.launches)
		}))
	})
}
