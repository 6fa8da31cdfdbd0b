package guard

import (
	"net/netip"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// term is one rule of an entry. Where its peers are not exactly the rule's, the
// rule's own is Self and means nothing.
type term struct {
	secgroup.Rule
	peers peers
	owner string // of the groups, where the peers are those of one account
	whole bool   // it is about rules that admit all of its traffic, not some of it
}

// peers are whom a term is about.
type peers uint8

const (
	thePeer    peers = iota // the rule's
	everyGroup              // every security group, of one account or of any
	everyList               // every prefix list
	theWorld                // so many addresses that they are as good as all
	everyone                // all of these
)

const (
	groupsText = "sg-*"
	listsText  = "pl-*"
	worldText  = "world"
)

// isPattern reports whether a peer of a file is one that no event has.
func isPattern(peer string) bool {
	account, rest, ok := strings.Cut(peer, "/")
	return peer == worldText || peer == listsText || peer == groupsText || ok && rest == groupsText && secgroup.IsAccount(account)
}

// termOf is a term whose peer is a pattern.
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

// about returns what the term says of a wanted rule's peer, as a rule with that
// peer, or of addresses as a rule with the term's own; ok is false where it says
// nothing of it. In doubt, about a group whose owner is not known or a prefix list
// whose entries are not, a term that denies says something and one that allows does
// not.
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

// String is the term as a file would have it.
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

// wanted is a rule of a request as it stands in the group.
type wanted struct {
	rule  secgroup.Rule
	asked secgroup.Rule // as the event has it
	self  bool          // its peer is the group itself
	// addresses are those that the rule is about: its peer, or the entries of its prefix
	// list. nil: it is about none, or they are not judged.
	addresses []netip.Prefix
	holding   string // says for which entries of its prefix list it stands
	denied    bool   // a deny entry names it
}

// String is the rule as the event has it.
func (w *wanted) String() string { return w.asked.String() + w.holding }

// text is a part of the rule, with the peer as the event has it.
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
