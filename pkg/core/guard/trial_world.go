package guard

import (
	"net/netip"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// world records the faults by deny entries of rules that open traffic to the world. For the
// built-in entries, it reports only the first that a rule meets.
func (t *trial) world() {
	byBuiltin := make(map[*wanted]bool)
	for _, e := range t.denies {
		filed := byBuiltin
		if e.says == "" {
			filed = make(map[*wanted]bool)
		}
		for i := range e.Terms {
			if e.Terms[i].Peers == World {
				t.opened(e, &e.Terms[i], filed)
			}
		}
	}
}

// opened records each rule that alone opens a term's traffic to the world. If only several
// rules together do, it records the first of them.
func (t *trial) opened(e *Entry, w *Term, filed map[*wanted]bool) {
	together := t.open(w)
	var alone []*wanted
	for _, r := range together {
		if Worldly(r.addresses...) {
			alone = append(alone, r)
		}
	}
	for _, r := range alone {
		if !filed[r] {
			filed[r] = true
			t.worldly(e, w, r, "")
		}
	}
	if len(alone) == 0 && len(together) > 0 && !filed[together[0]] {
		filed[together[0]] = true
		t.worldly(e, w, together[0], "together with other rules of the request, ")
	}
}

func (t *trial) worldly(e *Entry, w *Term, r *wanted, together string) {
	field := t.field(r, func(part secgroup.Rule) bool { part.Peer = w.Peer; return part.Overlaps(w.Rule) })
	if e.says != "" {
		if together != "" {
			together += "this is open to as much as the world: "
		}
		t.fault(field, "%s: %s%s", r, together, e.says)
		return
	}
	t.fault(field, "%s is denied by entry %q%s: %sit opens %s, and %s; name the addresses or the group that need it",
		r, e.ID, e.because(), together, w, worldMeans)
}

// open returns the wanted rules that together open some traffic of a world term to the world,
// nil if there are none. It tests the traffic at which a rule of the request, or the term,
// begins. Between these places, fewer rules admit the traffic.
func (t *trial) open(w *Term) []*wanted {
	rules := t.overlapping(w)
	if len(rules) == 0 || !Worldly(prefixes(rules)...) {
		return nil
	}
	for _, place := range places(rules, w) {
		var there []*wanted
		for _, r := range rules {
			if at := place; at.Overlaps(withPeer(r.rule, at)) {
				there = append(there, r)
			}
		}
		if Worldly(prefixes(there)...) {
			return there
		}
	}
	return nil
}

// concerns reports whether the term overlaps a rule's traffic.
func (t *Term) concerns(r secgroup.Rule) bool {
	return withPeer(r, t.Rule).Overlaps(t.Rule) && (!t.whole || r.Protocol == secgroup.All)
}

// overlapping returns the wanted rules of addresses that admit traffic of a term.
func (t *trial) overlapping(w *Term) (rules []*wanted) {
	for _, r := range t.opens {
		if w.concerns(r.rule) {
			rules = append(rules, r)
		}
	}
	return rules
}

// places returns the traffic at which the rules or the term begin, within the term.
func places(rules []*wanted, w *Term) []secgroup.Rule {
	all := []secgroup.Rule{first(w.Rule)}
	for _, r := range rules {
		if at := first(withPeer(r.rule, w.Rule)); at.Overlaps(w.Rule) && !slices.Contains(all, at) {
			all = append(all, at)
		}
	}
	return all
}

func withPeer(r, q secgroup.Rule) secgroup.Rule {
	r.Peer = q.Peer
	return r
}

// first returns the traffic at which a rule begins, in the order of protocols.
func first(r secgroup.Rule) secgroup.Rule {
	switch {
	case r.Protocol == secgroup.All:
		r.Protocol = 0 // the first protocol
	case r.Protocol.HasPorts():
		r.Ports.Last = r.Ports.First
	case r.Protocol.HasTypes():
		r.Ports = secgroup.Ports{First: max(0, r.Ports.First), Last: max(0, r.Ports.Last)}
	}
	return r
}

func prefixes(rules []*wanted) (all []netip.Prefix) {
	for _, r := range rules {
		all = append(all, r.addresses...)
	}
	return all
}
