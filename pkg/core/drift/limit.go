package drift

import "github.com/sgkeeper/sgkeeper/pkg/core/claim"

// maxDrifts is the number of drifts in a report. The same number of high or critical drifts may
// follow.
const maxDrifts = 10_000

// Room returns how many of a report's drifts have room in it, if they are in order: the severest
// first. They are at most 10,000, and as many more that are high or critical.
func Room(drifts []Drift) int {
	n := min(len(drifts), maxDrifts)
	for n < len(drifts) && n < 2*maxDrifts && drifts[n].Severity >= High {
		n++
	}
	return n
}

// limit leaves out drifts that have no room, and counts them in their groups. The drifts and the
// groups are in order.
func (r *Report) limit() {
	room := Room(r.Drifts)
	at := make(map[claim.Group]int)
	if room < len(r.Drifts) {
		for i := range r.Groups {
			at[r.Groups[i].Group] = i
		}
	}
	left := r.Drifts[:room:room]
	for _, d := range r.Drifts[room:] {
		if i, ok := at[d.Group]; ok {
			r.Groups[i].Omitted[d.Severity]++
		} else {
			left = append(left, d) // no group counts it
		}
	}
	r.Drifts, r.Omitted = left, Counts{}
	for i := range r.Groups {
		r.Omitted = r.Omitted.plus(r.Groups[i].Omitted)
	}
}

// total returns the number of drifts of all severities.
func (c Counts) total() (n int) {
	for _, of := range c {
		n += of
	}
	return n
}
