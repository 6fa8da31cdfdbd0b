package ensure_test

import (
	"slices"
	"strings"
	"time"
)

// seen records when a process's last round began, and how old the view of its last describe is.
func (s *simulation) seen(p *simProcess, call simCall, f fate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if call.name == "load" {
		p.loaded[call.group()] = f.applied
		return
	}
	at := f.applied.Add(-f.stale)
	for _, g := range call.groups() {
		if strings.Contains(call.content, "NextToken=") && p.viewed[g].Before(at) {
			continue // a page before was of an earlier time
		}
		p.viewed[g] = at
	}
}

// announced: a launch is open when it is announced as ensured. Excepted are rules that an
// outsider removed after the time that the process's last describe shows, or in the round that
// made them: EC2 answered then that they exist.
func (s *simulation) announced(p *simProcess, w *wish) {
	if w.over(time.Now()) {
		return
	}
	g := s.watch.groups[w.group]
	var known space
	for _, r := range g.rules {
		known.add(simRuleOf(r))
	}
	for _, l := range g.lost {
		if l.at.After(p.viewed[w.group]) || l.ours && l.made.After(p.loaded[w.group]) {
			known.add(l.rule)
		}
	}
	var closed []simRule
	for _, r := range w.rules {
		if !known.admits(r) {
			closed = append(closed, r)
		}
	}
	if len(closed) > 0 {
		s.violated("%s of %s is announced by p%d, and closed on %s", brief(closed), w.launch.name, p.id, w.group)
	}
}

// closed: when a refusal is announced, no sgkeeper rule is open that only the refused request
// ever requested, unless another request overlaps it.
func (s *simulation) closed(w *wish, why string) {
	if strings.Contains(why, "launch-ended") || strings.Contains(why, "expired") ||
		strings.Contains(why, "has passed") {
		return
	}
	g := s.watch.groups[w.group]
	for id, r := range g.rules {
		rule := simRuleOf(r)
		if !g.ours[id] || !w.asks[rule] {
			continue
		}
		shared := slices.ContainsFunc(s.wishesOf(w.group), func(o *wish) bool {
			return o != w && o.sent && slices.ContainsFunc(o.rules, rule.overlaps)
		})
		if !shared {
			s.violated("%s is refused, and its %s is open on %s: %s", w.launch.name, rule, w.group, why)
		}
	}
}
