package guard

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/phrase"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// common holds the addresses that allow entries admit for everybody. It is made once, so that
// most requests need no other entry.
type common struct{ cover *secgroup.Cover }

func commonOf(allow []Entry) common {
	var rules []secgroup.Rule
	for i := range allow {
		if allow[i].everybody() {
			rules = appendAddresses(rules, &allow[i])
		}
	}
	return common{secgroup.NewCover(secgroup.SetOf(rules...))}
}

// everywhere is all addresses.
var everywhere = []secgroup.Peer{
	secgroup.CIDR(netip.MustParsePrefix("0.0.0.0/0")),
	secgroup.CIDR(netip.MustParsePrefix("::/0")),
}

// appendAddresses appends an entry's rules about addresses.
func appendAddresses(rules []secgroup.Rule, e *Entry) []secgroup.Rule {
	for _, t := range e.Terms {
		switch _, addresses := t.Peer.Prefix(); {
		case t.Peers == Everyone:
			for _, peer := range everywhere {
				t.Rule.Peer = peer
				rules = append(rules, t.Rule)
			}
		case addresses && t.Peers == ThePeer:
			rules = append(rules, t.Rule)
		}
	}
	return rules
}

// allowed reports whether the allow entries for the request together admit all of a wanted
// rule.
func (t *trial) allowed(w *wanted) bool {
	switch _, addresses := w.rule.Peer.Prefix(); {
	case !t.guardrails.Restricted:
		return true
	case addresses:
		return t.common.cover.Covers(w.rule) || t.cover(w).Covers(w.rule)
	}
	return t.cover(w).Covers(w.rule)
}

// cover returns the union of the allow entries' rules about the wanted rule's kind of peer.
func (t *trial) cover(w *wanted) *secgroup.Cover {
	if _, addresses := w.rule.Peer.Prefix(); addresses {
		if t.admits == nil {
			var rules []secgroup.Rule
			for _, e := range t.allows {
				rules = appendAddresses(rules, e)
			}
			t.admits = secgroup.NewCover(secgroup.SetOf(rules...))
		}
		return t.admits
	}
	var rules []secgroup.Rule
	for _, e := range t.allows {
		for i := range e.Terms {
			if r, ok := e.Terms[i].about(w, false); ok {
				rules = append(rules, r)
			}
		}
	}
	return secgroup.NewCover(secgroup.SetOf(rules...))
}

// lacking records the fault that the allow entries do not admit all of a wanted rule.
func (t *trial) lacking(w *wanted) {
	if len(t.faults) == maxFaults {
		t.beyond++
		return
	}
	gaps := t.cover(w).Gaps(w.rule)
	overlaps := func(r secgroup.Rule) bool { return slices.ContainsFunc(gaps, r.Overlaps) }
	why := "no allow entry admits it"
	if len(gaps) != 1 || gaps[0] != w.rule {
		texts := make([]string, len(gaps))
		for i, gap := range gaps {
			texts[i] = w.text(gap)
		}
		why = "no allow entry admits " + few(texts)
	}
	t.fault(t.field(w, overlaps), "%s is not allowed: %s; %s", w, why, t.near(w))
}

// near names the allowed rules that are closest to a wanted rule.
func (t *trial) near(w *wanted) string {
	type option struct {
		of    *Entry
		term  *Term
		score int
	}
	var options []option
	for _, e := range t.allows {
		for i := range e.Terms {
			options = append(options, option{e, &e.Terms[i], e.Terms[i].nearness(w)})
		}
	}
	if len(options) == 0 {
		l := t.candidate.Launch
		return fmt.Sprintf("there is none for launch %s of account %s on %s", l.Name, l.Account, t.candidate.Group.ID)
	}
	slices.SortStableFunc(options, func(a, b option) int { return cmp.Compare(b.score, a.score) })
	texts := make([]string, len(options))
	for i, o := range options[:min(named, len(options))] {
		texts[i] = fmt.Sprintf("%s (entry %q)", o.term, o.of.ID)
	}
	return "allowed would be " + few(texts)
}

// nearness returns a term's score by the fields that it shares with a wanted rule.
func (t *Term) nearness(w *wanted) int {
	r, about := t.about(w, false)
	traffic := t.Rule
	traffic.Peer = w.rule.Peer
	score := 0
	if r.Direction == w.rule.Direction {
		score += 8
	}
	if about && r.Overlaps(w.rule) {
		score += 4
	}
	if traffic.Overlaps(w.rule) {
		score += 2
	}
	if about {
		score++
	}
	return score
}

// named is the maximum number of rules in one sentence.
const named = 3

// few lists the first texts, and counts the others.
func few(texts []string) string { return phrase.Few(texts, named) }
