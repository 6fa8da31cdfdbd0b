package guard

import (
	"cmp"
	"iter"
	"maps"
	"net/netip"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// opened holds the public addresses to which requests open the traffic of a world term.
//
// It keeps a place for each traffic at which a part begins, for example a port. Traffic
// between two places is open to no more addresses than the earlier place, because no part
// begins there.
type opened struct {
	term     *Term
	requests int // number of added requests
	places   map[secgroup.Protocol][]*place
	parts    map[secgroup.Protocol][]part
}

// place is one traffic with the addresses to which it is open.
type place struct {
	at secgroup.Rule
	space
	parts    []part
	peers    map[secgroup.Peer]bool // in the space
	launches []claim.Launch         // in the order of addition
	known    map[claim.Launch]bool
}

func newOpened(t *Term) *opened {
	o := &opened{
		term: t, places: make(map[secgroup.Protocol][]*place), parts: make(map[secgroup.Protocol][]part),
	}
	o.begin(first(t.Rule))
	return o
}

func (o *opened) add(parts []part) {
	for _, p := range parts {
		o.beginAt(p)
		for at := range o.under(p) {
			at.add(p)
		}
		o.parts[p.rule.Protocol] = append(o.parts[p.rule.Protocol], p)
	}
}

// exceededBy returns a place that a request's parts would open to the world, and the rule that
// opens it. It returns nil if there is none.
func (o *opened) exceededBy(parts []part) (*place, secgroup.Rule) {
	for _, p := range parts {
		o.beginAt(p)
	}
	for _, p := range parts {
		for at := range o.under(p) {
			var more []netip.Prefix
			for _, q := range parts {
				if at.within(q.rule) {
					more = append(more, q.addresses...)
				}
			}
			if len(parts) > 1 {
				more = union(more)
			}
			if at.worldlyWith(more) {
				return at, p.rule
			}
		}
	}
	return nil, secgroup.Rule{}
}

// beginAt makes a place at the start of a part, within the term.
func (o *opened) beginAt(p part) {
	if at := first(withPeer(p.rule, o.term.Rule)); at.Overlaps(o.term.Rule) {
		o.begin(at)
	}
}

// begin makes a place with the parts that open its traffic, unless the place exists.
func (o *opened) begin(at secgroup.Rule) {
	places := o.places[at.Protocol]
	i, found := slices.BinarySearchFunc(places, at.Ports, func(p *place, ports secgroup.Ports) int {
		return p.at.Ports.Compare(ports)
	})
	if found {
		return
	}
	next := &place{at: at, peers: make(map[secgroup.Peer]bool), known: make(map[claim.Launch]bool)}
	for _, p := range o.before(at.Protocol, i) {
		if next.within(p.rule) {
			next.add(p)
		}
	}
	o.places[at.Protocol] = slices.Insert(places, i, next)
}

// before returns the parts that may open the traffic of a new place, the protocol's i-th. A
// part that opens the new place opens the place before it, or begins at the new place.
func (o *opened) before(protocol secgroup.Protocol, i int) []part {
	switch {
	case !protocol.HasPorts():
		return slices.Concat(o.parts[protocol], o.parts[secgroup.All])
	case i > 0:
		return o.places[protocol][i-1].parts
	}
	return o.parts[secgroup.All]
}

// under returns the places with traffic that a part opens.
func (o *opened) under(p part) iter.Seq[*place] {
	return func(yield func(*place) bool) {
		if p.rule.Protocol == secgroup.All {
			for _, protocol := range slices.Sorted(maps.Keys(o.places)) {
				for _, at := range o.places[protocol] {
					if !yield(at) {
						return
					}
				}
			}
			return
		}
		places := o.places[p.rule.Protocol]
		if p.rule.Protocol.HasPorts() {
			i, _ := slices.BinarySearchFunc(places, p.rule.Ports.First, func(at *place, first int32) int {
				return cmp.Compare(at.at.Ports.First, first)
			})
			places = places[i:]
		}
		for _, at := range places {
			if p.rule.Protocol.HasPorts() && at.at.Ports.First > p.rule.Ports.Last {
				return
			}
			if at.within(p.rule) && !yield(at) {
				return
			}
		}
	}
}

// within reports whether a rule opens the place's traffic.
func (p *place) within(r secgroup.Rule) bool { return p.at.Overlaps(withPeer(r, p.at)) }

func (p *place) add(part part) {
	p.parts = append(p.parts, part)
	if !p.peers[part.rule.Peer] {
		p.peers[part.rule.Peer] = true
		for _, prefix := range part.addresses {
			p.space.add(prefix)
		}
	}
	if l := part.by; !p.known[l] {
		p.known[l] = true
		p.launches = append(p.launches, l)
	}
}
