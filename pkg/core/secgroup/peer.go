package secgroup

import (
	"cmp"
	"net/netip"
	"strings"
	"unique"
)

// Peer is the other side of a rule: addresses, the members of a security group, or the entries
// of a prefix list. Peers are comparable. The zero Peer is invalid.
type Peer struct {
	block      // the addresses of a CIDR peer; for any other, only the kind
	name  name // of a group or prefix list, else zero
}

// name is interned, so that most comparisons compare pointers.
type name = unique.Handle[names]

// names identifies a group or prefix list in EC2.
type names struct {
	id    string
	owner string // of a group, if known
}

// Self is the group that the rule belongs to. EC2 has no such peer: [Rule.In] replaces it by
// the group's id.
var Self = Peer{block: block{kind: self}}

// CIDR returns the peer of a prefix, masked. An invalid prefix gives the zero Peer.
func CIDR(p netip.Prefix) Peer {
	if !p.IsValid() {
		return Peer{}
	}
	return Peer{block: blockOf(p)}
}

// Group returns the peer of a security group by id, of any owner.
func Group(id string) Peer { return GroupOf("", id) }

// GroupOf returns the peer of a security group that account owns. If account is empty, it is
// [Group].
func GroupOf(account, id string) Peer {
	return Peer{block{kind: group}, unique.Make(names{id, account})}
}

// PrefixList returns the peer of a managed prefix list by id.
func PrefixList(id string) Peer {
	return Peer{block{kind: prefixList}, unique.Make(names{id: id})}
}

// IsValid reports whether p is not the zero Peer.
func (p Peer) IsValid() bool { return p.kind != noPeer }

// Prefix returns the addresses of a CIDR peer. Otherwise ok is false.
func (p Peer) Prefix() (prefix netip.Prefix, ok bool) {
	if !p.isCIDR() {
		return netip.Prefix{}, false
	}
	return p.prefix(), true
}

// Group returns the id of a group peer and its owner, if named. For other peers, including
// Self, ok is false.
func (p Peer) Group() (account, id string, ok bool) {
	if p.kind != group {
		return "", "", false
	}
	return p.owner(), p.id(), true
}

// PrefixList returns the id of a prefix list peer. Otherwise ok is false.
func (p Peer) PrefixList() (id string, ok bool) {
	if p.kind != prefixList {
		return "", false
	}
	return p.id(), true
}

// World reports whether p is every address of a family: 0.0.0.0/0 or ::/0.
func (p Peer) World() bool { return p.isCIDR() && p.bits == 0 }

// Matches reports whether p and q name the same peer. A group without owner matches the same
// id with any owner, because group ids are unique across accounts and EC2 adds the owner.
func (p Peer) Matches(q Peer) bool {
	return p == q || p.kind == group && q.kind == group && p.id() == q.id() && (p.owner() == "" || q.owner() == "")
}

// String returns the text that [ParsePeer] reads.
func (p Peer) String() string {
	switch {
	case p.isCIDR():
		return p.prefix().String()
	case p.kind == self:
		return "self"
	case p.owner() != "":
		return p.owner() + "/" + p.id()
	}
	return p.id()
}

// Compare orders peers: IPv4, IPv6, prefix lists, Self, then groups by id. So peers that match
// one another are neighbours, the one without owner first.
func (p Peer) Compare(q Peer) int {
	return cmp.Or(p.compareKin(&q), p.compareOwners(&q))
}

// compareKin is Compare without the owners of groups.
func (p *Peer) compareKin(q *Peer) int {
	if c := p.compare(&q.block); c != 0 || p.name == q.name {
		return c
	}
	return strings.Compare(p.id(), q.id())
}

func (p *Peer) compareOwners(q *Peer) int {
	if p.name == q.name {
		return 0
	}
	return strings.Compare(p.owner(), q.owner())
}

// id returns the id of a group or prefix list, else "".
func (p *Peer) id() string {
	if p.name == (name{}) {
		return ""
	}
	return p.name.Value().id
}

// owner returns the owner of a group, or "" if it is unknown.
func (p *Peer) owner() string {
	if p.name == (name{}) {
		return ""
	}
	return p.name.Value().owner
}
