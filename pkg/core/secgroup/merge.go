package secgroup

import (
	"cmp"
	"slices"
)

// Merge returns the rules of one request as they are authorized, in order. Repeats become one
// rule, and so do rules of tcp or udp with ports that adjoin or overlap. For example, tcp 80
// and tcp 81 from self become tcp 80-81. A merged rule has the description of the part with
// the lowest port, or of the first such part. Ids and tags are left out, because they belong
// to rules of a group.
//
// If a group is named without owner, it gets the owner that another rule of the same direction
// and protocol names.
func Merge(entries []Entry) []Entry {
	parts := make([]Entry, len(entries))
	for i, e := range entries {
		parts[i] = Entry{Rule: e.Rule, Description: e.Description}
	}
	nameOwners(parts)
	slices.SortStableFunc(parts, compareParts)
	merged := parts[:0]
	for _, e := range parts {
		if n := len(merged); n == 0 || !merged[n-1].Rule.absorb(e.Rule) {
			merged = append(merged, e)
		}
	}
	clear(parts[len(merged):])
	slices.SortFunc(merged, func(e, f Entry) int { return e.Rule.Compare(f.Rule) })
	return merged
}

// absorb widens r by q and reports whether it could. q must not begin before r.
func (r *Rule) absorb(q Rule) bool {
	if *r == q {
		return true
	}
	if !r.Protocol.HasPorts() || !r.isWellFormed() || !q.isWellFormed() || q.Ports.First > r.Ports.Last+1 {
		return false
	}
	ports := q.Ports
	q.Ports = r.Ports
	if *r != q {
		return false
	}
	r.Ports.Last = max(r.Ports.Last, ports.Last)
	return true
}

// compareParts puts rules that may merge next to each other, the lowest port first. Rules with
// the same first port keep their order.
func compareParts(e, f Entry) int {
	r, q := &e.Rule, &f.Rule
	c := cmp.Or(
		cmp.Compare(r.Direction, q.Direction),
		cmp.Compare(r.Protocol, q.Protocol),
		r.Peer.Compare(q.Peer),
		cmp.Compare(r.Ports.First, q.Ports.First),
	)
	if c == 0 && !r.Protocol.HasPorts() {
		c = cmp.Compare(r.Ports.Last, q.Ports.Last)
	}
	return c
}

// nameOwners gives each group without owner the owner that another entry of the same direction
// and protocol names. If entries name several, it takes the first in order.
func nameOwners(entries []Entry) {
	type kin struct {
		direction Direction
		protocol  Protocol
		id        string
	}
	owners := make(map[kin]string)
	for _, e := range entries {
		k := kin{e.Rule.Direction, e.Rule.Protocol, e.Rule.Peer.id()}
		if owner := e.Rule.Peer.owner(); owner != "" && (owners[k] == "" || owner < owners[k]) {
			owners[k] = owner
		}
	}
	for i := range entries {
		r := &entries[i].Rule
		if account, id, ok := r.Peer.Group(); ok && account == "" {
			r.Peer = GroupOf(owners[kin{r.Direction, r.Protocol, id}], id)
		}
	}
}
