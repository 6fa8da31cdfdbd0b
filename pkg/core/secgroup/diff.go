package secgroup

// Diff is the difference between the rules that a group should have and those it has. Each
// list is in order.
type Diff struct {
	Missing   []Rule    // desired, but not wholly covered: authorized whole
	Covered   []Covered // desired, and covered by actual rules
	Undesired []Rule    // actual, of any owner, and matching no desired rule
}

// Covered is a desired rule and the rules that cover it, as [Cover.By] returns them. By may
// share memory with the actual set, so it is read-only.
type Covered struct {
	Rule Rule
	By   []Rule
}

// Compare returns the difference between the desired rules and the actual ones. An identical
// rule is covered by itself. Desired rules do not cover one another. A group desired both with
// and without its owner is one rule for EC2, so only the one with the owner is Missing.
//
// It merges the two sets in linear time. It then makes a [Cover] of only those actual rules
// that share traffic and addresses with an unmatched desired rule.
func Compare(desired, actual Set) Diff {
	var d Diff
	d.cover(actual.rules, d.match(desired.rules, actual.rules))
	return d
}

// cover sorts the desired rules that no actual rule matches into covered and missing ones.
func (d *Diff) cover(actual []Rule, unmatched []*Rule) {
	if len(unmatched) == 0 {
		return
	}
	c := newCover(newUnmatched(unmatched).near(actual))
	d.Missing = make([]Rule, 0, len(unmatched))
	var covered []Covered
	for _, r := range unmatched {
		if by := c.union(r); by != nil {
			covered = append(covered, Covered{*r, by})
		} else {
			d.miss(r)
		}
	}
	d.add(covered)
}

// miss adds r to Missing. It replaces the same rule without owner.
func (d *Diff) miss(r *Rule) {
	if n := len(d.Missing); n > 0 && r.Matches(d.Missing[n-1]) {
		d.Missing[n-1] = *r
		return
	}
	d.Missing = append(d.Missing, *r)
}

// add merges more, which is in order, into Covered.
func (d *Diff) add(more []Covered) {
	if len(more) == 0 {
		return
	}
	i, j := len(d.Covered)-1, len(more)-1
	d.Covered = append(d.Covered, more...)
	for k := len(d.Covered) - 1; j >= 0; k-- {
		if i >= 0 && compareRules(&d.Covered[i].Rule, &more[j].Rule) > 0 {
			d.Covered[k] = d.Covered[i]
			i--
		} else {
			d.Covered[k] = more[j]
			j--
		}
	}
}
