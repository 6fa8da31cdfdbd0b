package ensure_test

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

var describedGroup = regexp.MustCompile(`Filter\.1\.Value\.1=(sg-[0-9a-f]+)`)

// seen notes of when the describe told that a process has just read.
func (s *simulation) seen(p *simProcess, call simCall, f fate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := describedGroup.FindStringSubmatch(call.content); m != nil {
		p.viewed[m[1]] = f.applied.Add(-f.stale)
	}
}

// announced: a launch that is announced as ensured is open at that moment, but for the
// rules that an outsider removed after the moment of which the process's last describe
// told.
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
		if l.at.After(p.viewed[w.group]) {
			known.add(l.rule)
		}
	}
	for _, r := range w.rules {
		if !known.admits(r) {
			s.violated("%s of %s is announced by p%d, and closed on %s", r, w.launch.name, p.id, w.group)
		}
	}
}

// closed: when a refusal is announced, no rule of ours is open that only the refused
// request ever asked for, unless another request overlaps it.
func (s *simulation) closed(w *wish, why string) {
	if strings.Contains(why, "launch-ended") || strings.Contains(why, "expired") || strings.Contains(why, "has passed") {
		return
	}
	g := s.watch.groups[w.group]
	others := slices.DeleteFunc(s.wishesOf(w.group), func(o *wish) bool { return o == w || !o.sent })
	for id, r := range g.rules {
		rule := simRuleOf(r)
		shared := slices.ContainsFunc(others, func(o *wish) bool { return slices.ContainsFunc(o.rules, rule.overlaps) })
		if g.ours[id] && slices.Contains(w.rules, rule) && !shared {
			s.violated("%s is refused, and its %s is open on %s: %s", w.launch.name, rule, w.group, why)
		}
	}
}
