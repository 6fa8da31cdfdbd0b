package guard

import (
	"net/netip"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Term is one rule of an entry.
type Term struct {
	secgroup.Rule        // its peer has no meaning unless Peers is ThePeer
	Peers         Peers  // the peers that the term covers
	Owner         string // of the groups, if Peers is EveryGroup and one account's; else ""

	whole bool // it covers only rules that admit all of its traffic
}

// AllTerms returns terms that cover every rule.
func AllTerms() (all []Term) {
	for _, d := range []secgroup.Direction{secgroup.Ingress, secgroup.Egress} {
		all = append(all, Term{Rule: secgroup.New(d, secgroup.All, secgroup.NoPorts, secgroup.Self), Peers: Everyone})
	}
	return all
}

// Peers are the kind of peer that a term covers.
type Peers uint8

// Kinds of peers. Only guardrails have patterns of peers; the rules of events have ThePeer.
const (
	ThePeer    Peers = iota // the peer of the term's rule
	EveryGroup              // every security group, of one account or of any
	EveryList               // every prefix list
	World                   // so many addresses that they amount to all
	Everyone                // all of these
)

const (
	groupsText = "sg-*"
	listsText  = "pl-*"
	worldText  = "world"
)

// ParsePeers parses a pattern of peers: sg-*, <account>/sg-*, pl-* or world. Owner is the
// account.
func ParsePeers(text string) (peers Peers, owner string, ok bool) {
	switch text {
	case worldText:
		return World, "", true
	case listsText:
		return EveryList, "", true
	case groupsText:
		return EveryGroup, "", true
	}
	owner, rest, _ := strings.Cut(text, "/")
	if rest != groupsText || !secgroup.IsAccount(owner) {
		return ThePeer, "", false
	}
	return EveryGroup, owner, true
}

// about returns the term's rule with the peer of a wanted rule, or its own rule for addresses;
// ok is false if the term does not cover the peer. A group's owner or a list's entries may be
// unknown. Then a term that denies covers the peer, and one that allows does not.
func (t *Term) about(w *wanted, denies bool) (r secgroup.Rule, ok bool) {
	r = t.Rule
	_, list := w.rule.Peer.PrefixList()
	owner, _, group := w.rule.Peer.Group()
	switch t.Peers {
	case ThePeer:
		if _, addresses := t.Peer.Prefix(); addresses {
			_, wants := w.rule.Peer.Prefix()
			return r, wants
		}
		ok = t.Peer.Matches(w.rule.Peer) || t.Peer == secgroup.Self && w.self
	case EveryGroup:
		ok = group && (t.Owner == "" || t.Owner == owner || denies && owner == "")
	case EveryList:
		ok = list
	case Everyone:
		ok = !list || denies
	}
	r.Peer = w.rule.Peer
	return r, ok
}

// String returns the term in the file's syntax.
func (t Term) String() string {
	text := t.Rule.String()
	pattern := ""
	switch t.Peers {
	case ThePeer:
		return text
	case EveryGroup:
		pattern = groupsText
		if t.Owner != "" {
			pattern = t.Owner + "/" + groupsText
		}
	case EveryList:
		pattern = listsText
	case World:
		pattern = worldText
	case Everyone:
		pattern = "anybody"
	}
	return strings.TrimSuffix(text, secgroup.Self.String()) + pattern
}

// wanted is a rule of a request in the group's form.
type wanted struct {
	rule      secgroup.Rule
	requested secgroup.Rule // in the event's form
	self      bool          // its peer is the group itself
	// addresses are the rule's peer, or the entries of its prefix list. nil: the rule has no
	// addresses, or they do not matter.
	addresses []netip.Prefix
	holding   string // names the entries of its prefix list, if it stands for them
	denied    bool   // by a deny entry
}

// String returns the rule in the event's form.
func (w *wanted) String() string { return w.requested.String() + w.holding }

// text returns a part of the rule, with the event's peer.
func (w *wanted) text(part secgroup.Rule) string {
	if w.self {
		part.Peer = w.requested.Peer
	}
	return part.String()
}

func (a *Candidate) wanted() []*wanted {
	all := make([]*wanted, len(a.Rules))
	own := secgroup.GroupOf(a.Group.Account, a.Group.ID)
	for i, e := range a.Rules {
		r := e.Rule.In(a.Group.Account, a.Group.ID)
		all[i] = &wanted{rule: r, requested: e.Rule, self: r.Peer == own}
		if prefix, ok := r.Peer.Prefix(); ok {
			all[i].addresses = []netip.Prefix{prefix}
		}
	}
	return all
}
