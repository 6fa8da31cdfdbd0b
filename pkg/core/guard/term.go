package guard

import (
	"net/netip"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// term is one rule of an entry. If its peers are a pattern, the rule's own peer is Self and
// means nothing.
type term struct {
	secgroup.Rule
	peers peers
	owner string // of the groups, if the peers are one account's
	whole bool   // about rules that admit all of its traffic, not a part
}

// peers are the kind of peer that a term covers.
type peers uint8

const (
	thePeer    peers = iota // the rule's
	everyGroup              // every security group, of one account or of any
	everyList               // every prefix list
	theWorld                // so many addresses that they amount to all
	everyone                // all of these
)

const (
	groupsText = "sg-*"
	listsText  = "pl-*"
	worldText  = "world"
)

// isPattern reports whether a file's peer is a pattern. Events have no patterns.
func isPattern(peer string) bool {
	account, rest, ok := strings.Cut(peer, "/")
	return peer == worldText || peer == listsText || peer == groupsText || ok && rest == groupsText && secgroup.IsAccount(account)
}

// termOf returns a term with a pattern as peer.
func termOf(r secgroup.Rule, pattern string) term {
	switch pattern {
	case worldText:
		return term{Rule: r, peers: theWorld}
	case listsText:
		return term{Rule: r, peers: everyList}
	}
	owner, _, found := strings.Cut(pattern, "/")
	if !found {
		owner = ""
	}
	return term{Rule: r, peers: everyGroup, owner: owner}
}

// about returns the term's rule with the peer of a wanted rule, or its own rule for addresses;
// ok is false if the term does not cover the peer. A group's owner or a list's entries may be
// unknown. Then a term that denies covers the peer, and one that allows does not.
func (t *term) about(w *wanted, denies bool) (r secgroup.Rule, ok bool) {
	r = t.Rule
	_, list := w.rule.Peer.PrefixList()
	owner, _, group := w.rule.Peer.Group()
	switch t.peers {
	case thePeer:
		if _, addresses := t.Peer.Prefix(); addresses {
			_, wants := w.rule.Peer.Prefix()
			return r, wants
		}
		ok = t.Peer.Matches(w.rule.Peer) || t.Peer == secgroup.Self && w.self
	case everyGroup:
		ok = group && (t.owner == "" || t.owner == owner || denies && owner == "")
	case everyList:
		ok = list
	case everyone:
		ok = !list || denies
	}
	r.Peer = w.rule.Peer
	return r, ok
}

// String is the term in the file's syntax.
func (t term) String() string {
	text := t.Rule.String()
	pattern := ""
	switch t.peers {
	case thePeer:
		return text
	case everyGroup:
		pattern = groupsText
		if t.owner != "" {
			pattern = t.owner + "/" + groupsText
		}
	case everyList:
		pattern = listsText
	case theWorld:
		pattern = worldText
	case everyone:
		pattern = "anybody"
	}
	return strings.TrimSuffix(text, secgroup.Self.String()) + pattern
}

// wanted is a rule of a request in the group's form.
type wanted struct {
	rule  secgroup.Rule
	asked secgroup.Rule // in the event's form
	self  bool          // its peer is the group itself
	// addresses are the rule's peer, or the entries of its prefix list. nil: the rule has no
	// addresses, or they do not matter.
	addresses []netip.Prefix
	holding   string // names the entries of its prefix list, if it stands for them
	denied    bool   // by a deny entry
}

// String is the rule in the event's form.
func (w *wanted) String() string { return w.asked.String() + w.holding }

// text is a part of the rule, with the event's peer.
func (w *wanted) text(part secgroup.Rule) string {
	if w.self {
		part.Peer = w.asked.Peer
	}
	return part.String()
}

func (a *Ask) wanted() []*wanted {
	all := make([]*wanted, len(a.Rules))
	own := secgroup.GroupOf(a.Group.Account, a.Group.ID)
	for i, e := range a.Rules {
		r := e.Rule.In(a.Group.Account, a.Group.ID)
		all[i] = &wanted{rule: r, asked: e.Rule, self: r.Peer == own}
		if prefix, ok := r.Peer.Prefix(); ok {
			all[i].addresses = []netip.Prefix{prefix}
		}
	}
	return all
}
