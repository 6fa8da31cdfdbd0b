package guard

import (
	"fmt"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// trial is the verdict on one request, while it is made.
type trial struct {
	*Guard
	candidate *Candidate
	lenient   bool // if it is unknown whether an entry applies, assume the answer that favours the request
	unsure    bool // there was such an entry
	wants     []*wanted
	lists     []listRule // the wants about prefix lists with entries that matter
	opens     []*wanted  // the wants, and the parts of lists, that are about addresses
	allows    []*Entry   // for this request
	denies    []*Entry
	admits    *secgroup.Cover // addresses of the allows; nil until it is needed
	faults    claim.Faults
	beyond    int
}

// maxFaults is the maximum number of listed faults of a request.
const maxFaults = 100

// trialOf returns the trial of a request before anything is judged.
func (g *Guard) trialOf(a Candidate, lenient bool) *trial {
	t := &trial{Guard: g, candidate: &a, lenient: lenient, wants: a.wanted()}
	t.allows = t.applying(g.guardrails.Allow, lenient)
	t.denies = t.applying(g.deny, !lenient)
	t.prepare()
	return t
}

func (g *Guard) try(a Candidate, lenient bool) *trial {
	t := g.trialOf(a, lenient)
	t.expiry()
	t.number()
	t.require()
	for _, w := range t.wants {
		if w.denied = t.refused(w); !w.denied && !isList(w.rule) && !t.allowed(w) {
			t.lacking(w)
		}
	}
	t.entries()
	t.world()
	if t.beyond > 0 {
		t.faults = append(t.faults, claim.Fault{Problem: fmt.Sprintf("%d more faults are not listed", t.beyond)})
	}
	return t
}

// applying returns the entries that apply to the request, with doubtful ones if doubtful is
// set.
func (t *trial) applying(entries []Entry, doubtful bool) []*Entry {
	var all []*Entry
	for i := range entries {
		switch entries[i].applies(t.candidate) {
		case yes:
			all = append(all, &entries[i])
		case maybe:
			t.unsure = true
			if doubtful {
				all = append(all, &entries[i])
			}
		}
	}
	return all
}

func (t *trial) fault(field, format string, args ...any) {
	if len(t.faults) == maxFaults {
		t.beyond++
		return
	}
	t.faults = append(t.faults, claim.Fault{Field: field, Problem: fmt.Sprintf(format, args...)})
}

// field returns the field of the event's first part that requests the rule and meets the
// condition.
func (t *trial) field(w *wanted, also func(secgroup.Rule) bool) string {
	field := "/rules"
	for _, p := range t.candidate.Parts {
		if !p.Rule.Overlaps(w.requested) || !p.Rule.Peer.Matches(w.requested.Peer) {
			continue
		}
		if also(p.Rule.In(t.candidate.Group.Account, t.candidate.Group.ID)) {
			return p.Field()
		}
		if field == "/rules" {
			field = p.Field()
		}
	}
	return field
}

// refused records the faults by deny entries of a wanted rule, and reports whether there is
// one.
func (t *trial) refused(w *wanted) bool {
	refused := false
	for _, e := range t.denies {
		for i := range e.Terms {
			if e.Terms[i].Peers == World {
				continue
			}
			if r, ok := e.Terms[i].about(w, true); ok && r.Overlaps(w.rule) {
				refused = true
				if len(t.faults) == maxFaults {
					t.beyond++
					break
				}
				t.fault(t.field(w, r.Overlaps), "%s is denied by entry %q%s: it overlaps %s; %s",
					w, e.ID, e.because(), e.Terms[i], t.left(w))
				break
			}
		}
	}
	return refused
}

// because returns an entry's reason, in parentheses.
func (e *Entry) because() string {
	if e.Reason == "" {
		return ""
	}
	return " (" + e.Reason + ")"
}

// left names the allowed parts of a wanted rule.
func (t *trial) left(w *wanted) string {
	var denied []secgroup.Rule
	for _, e := range t.denies {
		for i := range e.Terms {
			if r, ok := e.Terms[i].about(w, true); ok && e.Terms[i].Peers != World {
				denied = append(denied, r)
			}
		}
	}
	var texts []string
	for _, r := range secgroup.NewCover(secgroup.SetOf(denied...)).Gaps(w.rule) {
		part := wanted{rule: r, requested: w.requested, self: w.self}
		if !slices.ContainsFunc(denied, r.Overlaps) && t.allowed(&part) {
			texts = append(texts, w.text(r))
		}
	}
	if len(texts) == 0 {
		return "no part of it would be allowed"
	}
	return "allowed would be " + few(texts)
}
