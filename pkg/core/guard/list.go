package guard

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// List holds the entries of a prefix list. A guard judges a rule about the list by these
// addresses, unless an allow entry lists the id.
type List struct {
	Entries []netip.Prefix
	// Problem is the reason why the entries cannot be read, and the remedy. "" if they were
	// read.
	Problem string
}

// Limits of one request: the lists that the guard reads, and the entries that it judges. An
// entry counts once for each part of a rule that names its list.
const (
	maxLists   = 20
	maxEntries = 20_000
)

// listRule is a rule about a prefix list, without the part that allow entries list.
type listRule struct {
	*wanted
	id    string
	parts []secgroup.Rule // that no allow entry lists, and the guard judges
}

// isList reports whether a rule names a prefix list.
func isList(r secgroup.Rule) bool {
	_, ok := r.Peer.PrefixList()
	return ok
}

// Reads returns the prefix lists with entries that the verdict depends on and the request
// lacks. Without the group's facts, some may be missing: call Reads again with the facts.
func (g *Guard) Reads(a Candidate) (ids []string) {
	if !slices.ContainsFunc(a.Rules, func(e secgroup.Entry) bool { return isList(e.Rule) }) {
		return nil
	}
	t := g.trialOf(a, true)
	if t.overLimit() != "" {
		return nil
	}
	for _, l := range t.lists {
		if _, known := a.Lists[l.id]; !known && !slices.Contains(ids, l.id) {
			ids = append(ids, l.id)
		}
	}
	return ids
}

// prepare finds the rules about addresses. The entries of prefix lists count as such.
func (t *trial) prepare() {
	for _, w := range t.wants {
		id, list := w.rule.Peer.PrefixList()
		if !list {
			if w.addresses != nil {
				t.opens = append(t.opens, w)
			}
			continue
		}
		parts := slices.DeleteFunc(unlisted(t.allows, w), func(r secgroup.Rule) bool { return !t.judges(r) })
		if len(parts) == 0 {
			continue
		}
		t.lists = append(t.lists, listRule{w, id, parts})
		for _, part := range parts {
			open := &wanted{rule: part, requested: w.requested, holding: " (its entries count as addresses)"}
			open.addresses = t.candidate.Lists[id].Entries
			t.opens = append(t.opens, open)
		}
	}
}

// unlisted returns the parts of a prefix list's rule that no allow entry lists by the id.
func unlisted(allows []*Entry, w *wanted) []secgroup.Rule {
	var rules []secgroup.Rule
	for _, e := range allows {
		for i := range e.Terms {
			if r, ok := e.Terms[i].about(w, false); ok {
				rules = append(rules, r)
			}
		}
	}
	if len(rules) == 0 {
		return []secgroup.Rule{w.rule}
	}
	return secgroup.NewCover(secgroup.SetOf(rules...)).Gaps(w.rule)
}

// judges reports whether the verdict depends on the addresses of a rule's traffic.
func (t *trial) judges(r secgroup.Rule) bool {
	unexpiring := t.guardrails.Limits.unexpiring() && t.candidate.ExpiresAt.IsZero()
	if t.guardrails.Restricted || unexpiring && r.Direction == secgroup.Ingress {
		return true
	}
	for _, e := range t.denies {
		for i := range e.Terms {
			_, addresses := e.Terms[i].Peer.Prefix()
			if (addresses || e.Terms[i].Peers == World) && e.Terms[i].concerns(r) {
				return true
			}
		}
	}
	return false
}

// overLimit returns the problem if the request names too many lists or entries, else "".
func (t *trial) overLimit() string {
	ids, entries := make(map[string]bool), 0
	for _, l := range t.lists {
		ids[l.id] = true
		entries += len(l.parts) * len(t.candidate.Lists[l.id].Entries)
	}
	switch {
	case len(ids) > maxLists:
		return fmt.Sprintf("the rules name %d prefix lists with entries to judge, and at most %d are allowed",
			len(ids), maxLists)
	case entries > maxEntries:
		return fmt.Sprintf("the rules name prefix lists with %d entries to judge, and at most %d are allowed",
			entries, maxEntries)
	}
	return ""
}

// entries records the faults of prefix lists' entries. For each rule, it names the first
// faulty entry.
func (t *trial) entries() {
	if problem := t.overLimit(); problem != "" {
		t.fault("/rules", "%s; name fewer, or list the ids in an allow entry of the guardrails", problem)
		return
	}
	for _, l := range t.lists {
		if list, known := t.candidate.Lists[l.id]; l.denied {
			continue
		} else if !known || list.Problem != "" {
			t.fault(t.field(l.wanted, func(secgroup.Rule) bool { return true }), "%s: %s", l.wanted, list.unread(l.id))
			continue
		}
		t.firstEntry(l)
	}
}

// unread returns the reason why a list's entries are unknown.
func (l List) unread(id string) string {
	if l.Problem != "" {
		return l.Problem
	}
	return fmt.Sprintf("the entries of %s are not known here, so they cannot be judged; "+
		"list its id in an allow entry of the guardrails", id)
}

func (t *trial) firstEntry(l listRule) {
	for _, part := range l.parts {
		for _, entry := range t.candidate.Lists[l.id].Entries {
			w := &wanted{rule: part, requested: l.requested, holding: fmt.Sprintf(" (its entry %s)", entry)}
			if w.rule.Peer = secgroup.CIDR(entry); t.refused(w) {
				return
			}
			if !t.allowed(w) {
				t.lacking(w)
				return
			}
		}
	}
}
