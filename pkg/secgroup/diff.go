package secgroup

// Diff is what stands between the rules a group should have and those it has.
// Each list is in order.
type Diff struct {
	Missing []Rule    // desired, but not wholly covered: to be authorized whole
	Covered []Covered // desired, and admitted by what is there
	Extra   []Rule    // there, but no desired rule is the same for EC2
}

// Covered is a desired rule and the rules that cover it, as of [Cover.By]. By
// is for reading: it may be part of the set that was compared.
type Covered struct {
	Rule Rule
	By   []Rule
}

// Compare returns the difference between the desired rules and the actual
// ones. An identical rule is covered by itself. Desired rules do not cover one
// another, but where one group is desired both with and without its owner, for
// EC2 that is one rule, and only the one with the owner is Missing.
//
// It merges the two sets, in time linear in both, and makes a [Cover] only of
// those actual rules that come near a desired rule which is not there itself.
func Compare(desired, actual Set) Diff {
	var d Diff
	d.cover(actual.rules, d.match(desired.rules, actual.rules))
	return d
}

// Empty reports whether nothing is missing and nothing extra.
func (d Diff) Empty() bool { return len(d.Missing) == 0 && len(d.Extra) == 0 }

// cover sorts the desired rules that no actual rule matches into those that
// several or a wider one admit, and those that are missing.
func (d *Diff) cover(actual []Rule, unmatched []*Rule) {
	if len(unmatched) == 0 {
		return
	}
	c := newCover(newUnmet(unmatched).near(actual))
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

// miss adds r to Missing, in place of the same rule without owner.
func (d *Diff) miss(r *Rule) {
	if n := len(d.Missing); n > 0 && r.Matches(d.Missing[n-1]) {
		d.Missing[n-1] = *r
		return
	}
	d.Missing = append(d.Missing, *r)
}

// add puts more, which is in order, among Covered.
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
