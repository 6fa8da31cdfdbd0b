package secgroup

import (
	"cmp"
	"net/netip"
	"strings"
	"unique"
)

// Peer is whom a rule admits: addresses, the members of a security group, or
// the entries of a prefix list. Peers are comparable; the zero Peer is invalid.
type Peer struct {
	block      // of a CIDR peer its addresses; of any other only the kind
	name  name // of a group or prefix list; zero where there is none
}

// name is interned, so that most comparisons of two are of pointers.
type name = unique.Handle[names]

// names is by what EC2 knows a group or prefix list.
type names struct {
	id    string
	owner string // of a group, where it is known
}

// Self is the group the rule belongs to. EC2 knows no such peer: [Rule.In]
// puts the group's own id in its place.
var Self = Peer{block: block{kind: self}}

// CIDR is the peer of a prefix, masked. An invalid prefix gives the zero Peer.
func CIDR(p netip.Prefix) Peer {
	if !p.IsValid() {
		return Peer{}
	}
	return Peer{block: blockOf(p)}
}

// Group is the peer of a security group by id, whichever account owns it.
func Group(id string) Peer { return GroupOf("", id) }

// GroupOf is the peer of a security group that account owns. An empty account
// is as [Group].
func GroupOf(account, id string) Peer {
	return Peer{block{kind: group}, unique.Make(names{id, account})}
}

// PrefixList is the peer of a managed prefix list by id.
func PrefixList(id string) Peer {
	return Peer{block{kind: prefixList}, unique.Make(names{id: id})}
}

// IsValid reports whether p is not the zero Peer.
func (p Peer) IsValid() bool { return p.kind != noPeer }

// Prefix returns the addresses of a CIDR peer; ok is false for any other.
func (p Peer) Prefix() (prefix netip.Prefix, ok bool) {
	if !p.isCIDR() {
		return netip.Prefix{}, false
	}
	return p.prefix(), true
}

// Group returns the id and, where it was named, the owner of a group peer; ok
// is false for any other, Self included.
func (p Peer) Group() (account, id string, ok bool) {
	if p.kind != group {
		return "", "", false
	}
	return p.owner(), p.id(), true
}

// PrefixList returns the id of a prefix list peer; ok is false for any other.
func (p Peer) PrefixList() (id string, ok bool) {
	if p.kind != prefixList {
		return "", false
	}
	return p.id(), true
}

// World reports whether p is every address of a family: 0.0.0.0/0 or ::/0.
func (p Peer) World() bool { return p.isCIDR() && p.bits == 0 }

// Matches reports whether p and q name the same peer: equal, or the same group
// where one of them does not say who owns it. Group ids are unique across
// accounts, and EC2 fills in the owner when it reads a rule back.
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

// Compare orders peers: IPv4, IPv6, prefix lists, Self, then groups by id, so
// that peers which match one another are neighbours, without an owner first.
func (p Peer) Compare(q Peer) int {
	return cmp.Or(p.compareKin(&q), p.compareOwners(&q))
}

// compareKin is Compare without regard to who owns a group.
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

// owner returns the owner of a group, "" if there is none or it is not known.
func (p *Peer) owner() string {
	if p.name == (name{}) {
		return ""
	}
	return p.name.Value().owner
}
