package ensure

import (
	"errors"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// maxProbes is how many calls a round may use to find the rule that EC2 rejects. A batch holds
// at most 64 rules, so one cause takes at most six calls.
const maxProbes = 12

// narrowed is the result of a search for the rule that EC2 rejects.
type narrowed struct {
	done   []secgroup.Entry   // EC2 accepted them during the search
	left   [][]secgroup.Entry // the unit at fault, or several if no calls remain
	failed []secgroup.Entry   // of the call that failed with another error
}

// narrow finds a unit of rules that EC2 rejects with the error why, among units that it has
// rejected together. It halves them: if EC2 accepts the first half, the unit at fault is in
// the second. For example, six calls find one rejected rule among 64.
func (p *pass) narrow(units [][]secgroup.Entry, why error, call func([]secgroup.Entry) error) (n narrowed, err error) {
	for len(units) > 1 && p.probes > 0 {
		p.probes--
		half := len(units) / 2
		first := slices.Concat(units[:half]...)
		switch err := call(first); {
		case err == nil:
			n.done, units = append(n.done, first...), units[half:]
		case errors.Is(err, why):
			units = units[:half]
		default:
			n.failed = first
			return n, err
		}
	}
	n.left = units
	return n, nil
}

// each returns every rule as a unit of its own.
func each(rules []secgroup.Entry) [][]secgroup.Entry {
	units := make([][]secgroup.Entry, len(rules))
	for i := range rules {
		units[i] = rules[i : i+1]
	}
	return units
}

// byPeer groups the rules into units. Each peer that is a group or a prefix list has its own.
// All CIDRs share one, because an address range always exists.
func byPeer(rules []secgroup.Entry) [][]secgroup.Entry {
	var units [][]secgroup.Entry
	at := make(map[secgroup.Peer]int)
	for _, e := range rules {
		peer := e.Rule.WithoutOwner().Peer
		if _, isCIDR := peer.Prefix(); isCIDR {
			peer = secgroup.Peer{}
		}
		i, known := at[peer]
		if !known {
			i, at[peer] = len(units), len(units)
			units = append(units, nil)
		}
		units[i] = append(units[i], e)
	}
	return units
}
