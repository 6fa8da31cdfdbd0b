package guard_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/guardfile"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// The oracle knows nothing of the algebra. Its rules are plain fields, and it judges a request
// place by place. A place is one port (or ICMP type and code) of one protocol, one peer, and
// one direction. The oracle judges every place that a rule of the file or the request
// mentions, and its neighbours. The guard gets the file and the request from the same fields.

// oRule is a rule of the oracle.
type oRule struct {
	egress      bool
	protocol    int // -1 is all
	first, last int // of TCP and UDP; ICMP's type and code, -1 for all
	peer        string
}

// oEntry is an entry of the oracle. It applies to all requests, to launches named a, or to
// groups tagged env: dev.
type oEntry struct {
	scope string // "", "launch" or "tag"
	rules []oRule
}

type oCase struct {
	builtin      bool
	restricted   bool
	allow, deny  []oEntry
	rules        []oRule
	launch, tag  bool // the request is of launch a; the group has the tag
	maxRules     int
	worldExpires bool
	expires      bool
	entries      map[string][]string // of known prefix lists, by id
}

// oPlace is the unit of the oracle's verdict.
type oPlace struct {
	egress     bool
	protocol   int
	port, code int
	addr       netip.Addr
	peer       string // if it is no address; groups with their owner, or none
}

const unheard = 254 // a protocol, or an ICMP type or code, that no rule names

func TestOracle(t *testing.T) {
	n := proof.Pick(t, 120_000, 5_000, 2_000)
	var disagreements, refused, unsure int
	for seed := range n {
		c := oRandom(rand.New(rand.NewPCG(7, uint64(seed))))
		g, err := guardfile.Read([]byte(c.file()))
		if err != nil {
			t.Fatalf("seed %d: %v in\n%s", seed, err, c.file())
		}
		a := c.ask()
		faults, needs := g.Check(a)
		if needs {
			unsure++
			a.Group.Facts = c.facts()
			faults, _ = g.Check(a)
		}
		want := c.refused()
		if want {
			refused++
		}
		with := c.ask()
		with.Group.Facts = c.facts()
		told, _ := g.Check(with)
		if (faults != nil) != want || (told != nil) != want {
			disagreements++
			if disagreements <= 5 {
				t.Errorf("seed %d: the guard says %v, and with facts %v; the oracle refuses it: %v\n%s\nasks %v", seed,
					faults, told, want, c.file(), c.rules)
			}
		}
	}
	if refused < n/4 || refused > n*3/4 || unsure < n/100 {
		t.Errorf("%d of %d are refused, %d depend on tags: the requests are not well mixed", refused, n, unsure)
	}
	fmt.Printf("oracle: %d requests, %d disagreements\n", n, disagreements)
}

// refused is the definition of a refusal.
func (c oCase) refused() bool {
	if c.maxRules > 0 && len(c.merged()) > c.maxRules {
		return true
	}
	for _, r := range c.rules {
		for _, p := range c.places(r) {
			if c.any(c.deny, p, true) {
				return true
			}
			if isListID(p.peer) {
				if !c.listedAt(r, p) && c.entriesRefused(r, p) {
					return true
				}
			} else if c.restricted && !c.any(c.allow, p, false) {
				return true
			}
		}
	}
	for _, e := range c.applying(c.deny) {
		for _, d := range e.rules {
			if d.peer == "world" && c.opensWorld(d) {
				return true
			}
		}
	}
	if c.worldExpires && !c.expires && c.opensWorld(oRule{protocol: -1}) {
		return true
	}
	return c.builtin && c.sensitive()
}

func isListID(peer string) bool { return strings.HasPrefix(peer, "pl-") && peer != "pl-*" }

// listedAt reports whether an allow entry lists the rule's prefix list at a place of its
// traffic. Entries can list a part of the ports only.
func (c oCase) listedAt(r oRule, p oPlace) bool {
	for _, e := range c.applying(c.allow) {
		for _, a := range e.rules {
			all := r.protocol == 6 || r.protocol == 17 || a.protocol == -1 ||
				a.protocol == r.protocol && (a.first == -1 || a.first == r.first) &&
					(a.last == -1 || a.last == r.last) ||
				a.protocol == r.protocol && r.protocol != 1 && r.protocol != 58
			if a.peer == r.peer && a.egress == r.egress && a.carries(p) && all {
				return true
			}
		}
	}
	return false
}

// entriesRefused reports whether an entry refuses the rule's prefix list at a place of its
// traffic. Entries about the world do not count.
func (c oCase) entriesRefused(r oRule, p oPlace) bool {
	entries, known := c.entries[r.peer]
	if !known {
		return c.entriesMatter(r, p)
	}
	for _, entry := range entries {
		p.peer = ""
		for _, p.addr = range c.addresses(netip.MustParsePrefix(entry)) {
			if c.restricted && !c.any(c.allow, p, false) || c.any(c.deny, p, true) {
				return true
			}
		}
	}
	return false
}

// entriesMatter reports whether the verdict at a place depends on addresses.
func (c oCase) entriesMatter(r oRule, p oPlace) bool {
	if c.restricted || c.worldExpires && !c.expires && !p.egress {
		return true
	}
	for _, e := range c.applying(c.deny) {
		for _, d := range e.rules {
			if d.egress == p.egress && d.carries(p) && (d.prefixes() != nil || d.peer == "world") {
				return true
			}
		}
	}
	if !c.builtin || r.egress {
		return false
	}
	for _, port := range refusedPorts {
		tcp, udp := oPlace{protocol: 6, port: port}, oPlace{protocol: 17, port: port}
		if r.carries(tcp) || r.carries(udp) {
			return true
		}
	}
	return false
}

var refusedPorts = []int{
	22, 23, 135, 445, 1433, 1434, 1521, 2379, 3306, 3389, 4333, 5432, 5439, 5601, 5984, 6379,
	9042, 9200, 9300, 11211, 27017, 27018, 27019,
}

// addressesAt returns the addresses to which a rule opens a place.
func (c oCase) addressesAt(r oRule, p oPlace) []netip.Prefix {
	if !isListID(r.peer) || c.listedAt(r, p) {
		return r.prefixes()
	}
	var all []netip.Prefix
	for _, entry := range c.entries[r.peer] {
		all = append(all, netip.MustParsePrefix(entry))
	}
	return all
}

// sensitive is the oracle's built-in guard.
func (c oCase) sensitive() bool {
	for _, port := range refusedPorts {
		for _, protocol := range []int{6, 17} {
			if c.worldAt(oPlace{protocol: protocol, port: port}) {
				return true
			}
		}
	}
	var all []netip.Prefix
	for _, r := range c.rules {
		if r.protocol == -1 && !r.egress {
			all = append(all, c.addressesAt(r, oPlace{protocol: unheard})...)
		}
	}
	return oWorld(all)
}

// opensWorld reports whether some place of a rule's traffic is open to the world.
func (c oCase) opensWorld(d oRule) bool {
	for _, p := range c.trafficPlaces(d) {
		if c.worldAt(p) {
			return true
		}
	}
	return false
}

// worldAt reports whether the request opens a place to the world.
func (c oCase) worldAt(p oPlace) bool {
	var all []netip.Prefix
	for _, r := range c.rules {
		if r.egress == p.egress && r.carries(p) {
			all = append(all, c.addressesAt(r, p)...)
		}
	}
	return oWorld(all)
}

// oWorld reports whether addresses amount to the world. They do if two adjoining blocks, or
// one block, make a public block wider than a /8 of IPv4 (a /16 of IPv6). They also do if they
// have more public addresses than such a block. It counts in 256ths of that block, and smaller
// blocks apart.
func oWorld(prefixes []netip.Prefix) bool {
	for _, family := range []struct {
		v4      bool
		bits    int
		private func(first, second byte) bool
	}{
		{true, 8, func(first, second byte) bool {
			return first == 10 || first == 172 && second >= 16 && second < 32 || first == 192 && second == 168 ||
				first == 100 && second >= 64 && second < 128
		}},
		{false, 16, func(first, _ byte) bool { return first == 0xfc || first == 0xfd }},
	} {
		units := make(map[int]bool)
		var small []netip.Prefix
		for _, p := range prefixes {
			bytes := p.Addr().AsSlice()
			switch {
			case p.Addr().Is4() != family.v4, !family.v4 && family.private(bytes[0], 0) && p.Bits() >= 7:
			case p.Bits() < family.bits:
				return true
			case p.Bits() > family.bits+8:
				small = append(small, p)
			default:
				for i := range 1 << (family.bits + 8 - p.Bits()) {
					units[oUnit(bytes, family.bits)+i] = true
				}
			}
		}
		public, full := 0, make(map[int]int)
		for u := range units {
			if !family.v4 || !family.private(byte(u>>8), byte(u)) {
				public++
			}
			full[u>>8]++
		}
		if public > 256 || public == 256 && oOutside(small, units, family.bits, family.private) {
			return true
		}
		for block, n := range full {
			if n == 256 && full[block^1] == 256 {
				return true
			}
		}
	}
	return false
}

// oUnit returns the number of an address's unit.
func oUnit(addr []byte, bits int) (u int) {
	for _, b := range addr[:(bits+8)/8] {
		u = u<<8 | int(b)
	}
	return u
}

// oOutside reports whether a small prefix adds a public address to the units.
func oOutside(small []netip.Prefix, units map[int]bool, bits int, private func(first, second byte) bool) bool {
	for _, p := range small {
		bytes := p.Addr().AsSlice()
		if !units[oUnit(bytes, bits)] && !private(bytes[0], bytes[1]) {
			return true
		}
	}
	return false
}

// any reports whether an entry for the request covers a place.
func (c oCase) any(entries []oEntry, p oPlace, denies bool) bool {
	for _, e := range c.applying(entries) {
		for _, r := range e.rules {
			if r.egress == p.egress && r.carries(p) && r.admits(p, denies) {
				return true
			}
		}
	}
	return false
}

func (c oCase) applying(entries []oEntry) (all []oEntry) {
	for _, e := range entries {
		if e.scope == "" || e.scope == "launch" && c.launch || e.scope == "tag" && c.tag {
			all = append(all, e)
		}
	}
	return all
}

// carries reports whether a rule's traffic includes a place.
func (r oRule) carries(p oPlace) bool {
	switch {
	case r.protocol == -1:
		return true
	case r.protocol != p.protocol:
		return false
	case r.protocol == 6 || r.protocol == 17:
		return r.first <= p.port && p.port <= r.last
	case r.protocol == 1 || r.protocol == 58:
		return (r.first == -1 || r.first == p.port) && (r.last == -1 || r.last == p.code)
	}
	return true
}

// admits reports whether a file's rule covers a place's peer.
func (r oRule) admits(p oPlace, denies bool) bool {
	owner, id, owned := strings.Cut(p.peer, "/")
	if !owned {
		owner, id = "", p.peer
	}
	group := strings.HasPrefix(id, "sg-")
	switch {
	case r.peer == "world":
		return false // judged over the whole request
	case p.addr.IsValid():
		for _, prefix := range r.prefixes() {
			if prefix.Contains(p.addr) {
				return true
			}
		}
		return false
	case r.peer == "sg-*":
		return group
	case r.peer == "pl-*":
		return !group
	case strings.HasSuffix(r.peer, "/sg-*"):
		return group && (owner == strings.TrimSuffix(r.peer, "/sg-*") || denies && owner == "")
	case r.peer == "self":
		return id == group0 && owner == account
	}
	listedOwner, listed, hasOwner := strings.Cut(r.peer, "/")
	if !hasOwner {
		listedOwner, listed = "", r.peer
	}
	return listed == id && (listedOwner == "" || owner == "" || owner == listedOwner)
}

const group0 = group

func (r oRule) prefixes() []netip.Prefix {
	if p, err := netip.ParsePrefix(r.peer); err == nil {
		return []netip.Prefix{p}
	}
	return nil
}

// places returns the places of a request's rule.
func (c oCase) places(r oRule) (all []oPlace) {
	for _, p := range c.trafficPlaces(r) {
		p.egress = r.egress
		prefixes := r.prefixes()
		if prefixes == nil {
			p.peer = r.peer
			if r.peer == "self" || r.peer == group {
				p.peer = account + "/" + group
			}
			all = append(all, p)
			continue
		}
		for _, p.addr = range c.addresses(prefixes[0]) {
			all = append(all, p)
		}
	}
	return all
}

func (c oCase) everyRule() []oRule {
	all := slices.Clone(c.rules)
	for _, e := range slices.Concat(c.allow, c.deny) {
		all = append(all, e.rules...)
	}
	return all
}

// trafficPlaces returns the places of a rule's traffic that some rule distinguishes.
func (c oCase) trafficPlaces(r oRule) (all []oPlace) {
	add := func(p oPlace) {
		p.egress = r.egress
		if r.carries(p) && !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	add(oPlace{protocol: unheard})
	for _, q := range append(c.everyRule(), r) {
		protocols := []int{q.protocol}
		if q.protocol == -1 {
			protocols = []int{0}
		}
		for _, protocol := range protocols {
			switch protocol {
			case 6, 17:
				for _, port := range []int{q.first - 1, q.first, q.last, q.last + 1, r.first, r.last} {
					if 0 <= port && port <= 65535 {
						add(oPlace{protocol: protocol, port: port})
					}
				}
			case 1, 58:
				for _, kind := range []int{q.first, r.first, unheard} {
					for _, code := range []int{q.last, r.last, unheard} {
						if kind >= 0 && code >= 0 {
							add(oPlace{protocol: protocol, port: kind, code: code})
						}
					}
				}
			default:
				add(oPlace{protocol: protocol})
			}
		}
	}
	return all
}

// addresses returns the addresses of a prefix at which a prefix begins or has just ended.
func (c oCase) addresses(within netip.Prefix) []netip.Addr {
	all := []netip.Addr{within.Addr()}
	for _, q := range c.everyRule() {
		prefixes := q.prefixes()
		for _, entry := range c.entries[q.peer] {
			prefixes = append(prefixes, netip.MustParsePrefix(entry))
		}
		for _, p := range prefixes {
			last := p.Addr().AsSlice()
			for bit := p.Bits(); bit < len(last)*8; bit++ {
				last[bit/8] |= 0x80 >> (bit % 8)
			}
			end, _ := netip.AddrFromSlice(last)
			for _, a := range []netip.Addr{p.Addr(), end.Next()} {
				if a.IsValid() && within.Contains(a) && !slices.Contains(all, a) {
					all = append(all, a)
				}
			}
		}
	}
	return all
}

// merged returns the request's rules as text. Rules that the decoder would merge are merged.
func (c oCase) merged() map[string]bool {
	all := make(map[string]bool)
	for _, e := range c.ask().Rules {
		all[e.Rule.String()] = true
	}
	return all
}

func (c oCase) facts() *guard.Facts {
	f := &guard.Facts{Name: "g", Tags: map[string]string{"env": "prod"}}
	if c.tag {
		f.Tags["env"] = "dev"
	}
	return f
}

func (c oCase) ask() guard.Candidate {
	a := oDecoded(c)
	a.Launch.Name = "b"
	if c.launch {
		a.Launch.Name = "a1"
	}
	a.Received, a.Lists = now, make(map[string]guard.List)
	for id, entries := range c.entries {
		var l guard.List
		for _, entry := range entries {
			l.Entries = append(l.Entries, netip.MustParsePrefix(entry))
		}
		a.Lists[id] = l
	}
	if c.expires {
		a.ExpiresAt = now.Add(time.Hour)
	}
	return a
}
