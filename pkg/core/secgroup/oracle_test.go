package secgroup

import (
	"net/netip"
	"slices"
)

// covers is the definition of cover, by brute force: some rule of have admits each place of
// want. It tests the places at which a rule begins or has just ended. Between two of them,
// nothing changes.
func covers(have []Rule, want Rule) bool {
	for _, p := range places(have, want) {
		if !slices.ContainsFunc(have, func(r Rule) bool { return r.Direction == want.Direction && p.admittedBy(r) }) {
			return false
		}
	}
	return true
}

// place is one address and one port, or ICMP type and code, of one protocol.
type place struct {
	protocol Protocol // anyOther is one that no rule names
	port     int32    // anyOther is an ICMP type that no rule names
	code     int32    // likewise
	addr     netip.Addr
	peer     Peer // if there is no address
}

const anyOther = 9999

func (p place) admittedBy(r Rule) bool {
	if prefix, ok := r.Peer.Prefix(); ok && (!p.addr.IsValid() || !prefix.Contains(p.addr)) {
		return false
	} else if !ok && !r.Peer.Matches(p.peer) {
		return false
	}
	switch {
	case r.Protocol == All:
		return true
	case r.Protocol != p.protocol:
		return false
	case r.Protocol == TCP || r.Protocol == UDP:
		return r.Ports.First <= p.port && p.port <= r.Ports.Last
	case r.Protocol == ICMP || r.Protocol == ICMPv6:
		return r.Ports.First == -1 || r.Ports.First == p.port && (r.Ports.Last == -1 || r.Ports.Last == p.code)
	}
	return true
}

func places(have []Rule, want Rule) []place {
	var all []place
	for _, p := range trafficPlaces(have, want) {
		prefix, ok := want.Peer.Prefix()
		if !ok {
			p.peer = want.Peer
			all = append(all, p)
			continue
		}
		for _, p.addr = range addrPlaces(have, prefix) {
			all = append(all, p)
		}
	}
	return all
}

func trafficPlaces(have []Rule, want Rule) []place {
	switch want.Protocol {
	case All:
		return []place{{protocol: anyOther}}
	case ICMP, ICMPv6:
		p := place{protocol: want.Protocol, port: want.Ports.First, code: want.Ports.Last}
		if p.port == -1 {
			p.port = anyOther
		}
		if p.code == -1 {
			p.code = anyOther
		}
		return []place{p}
	case TCP, UDP:
		places := []place{{protocol: want.Protocol, port: want.Ports.First}}
		for _, r := range have {
			for _, port := range []int32{r.Ports.First, r.Ports.Last + 1} {
				if want.Ports.First < port && port <= want.Ports.Last {
					places = append(places, place{protocol: want.Protocol, port: port})
				}
			}
		}
		return places
	}
	return []place{{protocol: want.Protocol}}
}

func addrPlaces(have []Rule, want netip.Prefix) []netip.Addr {
	addrs := []netip.Addr{want.Addr()}
	for _, r := range have {
		p, ok := r.Peer.Prefix()
		if !ok || !p.Overlaps(want) {
			continue
		}
		for _, a := range []netip.Addr{p.Addr(), lastAddr(p).Next()} {
			if want.Contains(a) {
				addrs = append(addrs, a)
			}
		}
	}
	return addrs
}

func lastAddr(p netip.Prefix) netip.Addr {
	a := p.Addr().AsSlice()
	for bit := p.Bits(); bit < p.Addr().BitLen(); bit++ {
		a[bit/8] |= 0x80 >> (bit % 8)
	}
	addr, _ := netip.AddrFromSlice(a)
	return addr
}
