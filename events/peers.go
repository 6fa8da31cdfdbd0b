package events

import (
	"net/netip"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

const (
	wantPeer  = "an IPv4 or IPv6 CIDR, an address, sg-..., <account>/sg-..., pl-... or self"
	wantPeers = "a list of peers, at least one"
)

// peers reads the from or to of a rule. Exactly one of them must exist.
func (d *detail) peers(v value, at pointer) (secgroup.Direction, []secgroup.Peer) {
	from, ingress := v.get("from")
	to, egress := v.get("to")
	if ingress == egress {
		d.add(at, `%s of "from" and "to": want one of them, from for ingress, to for egress`, noneOrBoth(ingress))
	}
	var peers []secgroup.Peer
	direction := secgroup.Ingress
	if ingress {
		peers = d.peerList(from, at.key("from"))
	}
	if egress {
		direction = secgroup.Egress
		peers = append(peers, d.peerList(to, at.key("to"))...)
	}
	return direction, peers
}

func noneOrBoth(both bool) string {
	if both {
		return "both"
	}
	return "neither"
}

func (d *detail) peerList(v value, at pointer) []secgroup.Peer {
	switch {
	case v.kind == text:
		d.add(at, "found %s: want it in a list: [%s]", v, quote(v.text))
	case v.kind != list:
		d.add(at, "found %s: want %s", v, wantPeers)
	case len(v.list) == 0:
		d.add(at, "an empty list: want %s", wantPeers)
	}
	peers := make([]secgroup.Peer, len(v.list))
	for i, p := range v.list {
		peers[i] = d.peer(p, at.index(i))
	}
	return peers
}

func (d *detail) peer(v value, at pointer) secgroup.Peer {
	s, ok := d.text(v, at, wantPeer)
	if !ok {
		return secgroup.Peer{}
	}
	if !isWord(s) {
		d.add(at, "found %s: want %s", quote(s), wantPeer)
		return secgroup.Peer{}
	}
	peer, err := secgroup.ParsePeer(s)
	if err != nil {
		d.add(at, "%v", err)
		return secgroup.Peer{}
	}
	if written, err := netip.ParsePrefix(s); err == nil && written != written.Masked() {
		d.remarks = append(d.remarks, claim.Fault{Field: string(at), Problem: s + " was read as " + peer.String()})
	}
	return peer
}
