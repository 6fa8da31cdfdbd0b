package secgroup

// match merges two sets. It fills in Extra, adds to Covered the desired rules that an actual
// rule matches, and returns the other desired rules.
func (d *Diff) match(desired, actual []Rule) (unmatched []*Rule) {
	d.Covered = make([]Covered, 0, len(desired))
	for len(desired) > 0 && len(actual) > 0 {
		n, m := 1, 1 // the number of desired and actual rules that this step consumes
		switch c := compareKin(&desired[0], &actual[0]); {
		case c < 0:
			unmatched = append(unmatched, &desired[0])
			m = 0
		case c > 0:
			d.undesired(&actual[0])
			n = 0
		case desired[0].Peer.kind != group:
			d.covered(&desired[0], actual[:1:1])
		default:
			n, m = kin(desired), kin(actual)
			unmatched = append(unmatched, d.matchKin(desired[:n], actual[:m])...)
		}
		desired, actual = desired[n:], actual[m:]
	}
	for i := range desired {
		unmatched = append(unmatched, &desired[i])
	}
	for i := range actual {
		d.undesired(&actual[i])
	}
	return unmatched
}

// matchKin is match for rules that differ only in the owner of a group.
func (d *Diff) matchKin(desired, actual []Rule) (unmatched []*Rule) {
	for i := range desired {
		if j := matching(&desired[i], actual); j >= 0 {
			d.covered(&desired[i], actual[j:j+1:j+1])
		} else {
			unmatched = append(unmatched, &desired[i])
		}
	}
	for j := range actual {
		if matching(&actual[j], desired) < 0 {
			d.undesired(&actual[j])
		}
	}
	return unmatched
}

func (d *Diff) covered(r *Rule, by []Rule) {
	n := len(d.Covered)
	d.Covered = d.Covered[:n+1]
	d.Covered[n].Rule = *r
	d.Covered[n].By = by
}

func (d *Diff) undesired(r *Rule) {
	if d.Undesired == nil {
		d.Undesired = make([]Rule, 0, 8)
	}
	d.Undesired = append(d.Undesired, *r)
}

// kin returns how many of the first rules differ only in the owner of a group.
func kin(rules []Rule) int {
	n := 1
	for n < len(rules) && compareKin(&rules[0], &rules[n]) == 0 {
		n++
	}
	return n
}

// matching returns the index of the rule that matches r, preferably r itself, or -1. All rules
// must be kin of r.
func matching(r *Rule, kin []Rule) int {
	found := -1
	for i := range kin {
		switch {
		case kin[i] == *r:
			return i
		case found < 0 && kin[i].Matches(*r):
			found = i
		}
	}
	return found
}

// Overlaps reports whether both rules admit some common traffic. For example, tcp 80-90 and
// tcp 85 from 10.0.0.0/8 overlap. The addresses of a group or a prefix list are unknown, so
// these overlap only if their peers match.
func (r Rule) Overlaps(q Rule) bool {
	a, b := spanOf(&r), spanOf(&q)
	return r.Direction == q.Direction && r.Peer.overlaps(q.Peer) && a.first <= b.last && b.first <= a.last
}

func (p Peer) overlaps(q Peer) bool {
	a, isCIDR := p.Prefix()
	b, areCIDRs := q.Prefix()
	if isCIDR && areCIDRs {
		return a.Overlaps(b)
	}
	return p.Matches(q)
}
