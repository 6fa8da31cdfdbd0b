package drift

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// The limits of a report's drifts. The report is written, read and shown as a whole.
const (
	// maxDrifts is the number of drifts in a report. The same number of high or critical drifts
	// may follow.
	maxDrifts = 10_000
	// maxWhole is the size, in bytes, from which further drifts have few of their parts.
	maxWhole = 24 << 20
	// maxBytes is the size, in bytes, from which further drifts are left out.
	maxBytes = 40 << 20
	// maxBare is the number of rules of its gap, and of its requests, that such a drift has.
	maxBare = 3
)

// limit leaves out drifts that have no room, and counts them in their groups. Drifts that have
// little room lose parts. The drifts and the groups are in order.
func (r *Report) limit() {
	room := r.room()
	at := make(map[claim.Group]int)
	if room < len(r.Drifts) {
		r.Groups = slices.Clone(r.Groups) // they may be those of the run
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
	size := 0
	for i := range r.Closed {
		if size += r.Closed[i].Size(); size > maxWhole {
			r.Closed[i] = r.Closed[i].Bare()
		}
	}
}

// room returns how many of the drifts have room in the report.
func (r *Report) room() int {
	size := 0
	for i := range r.Drifts {
		d := &r.Drifts[i]
		if i >= 2*maxDrifts || i >= maxDrifts && d.Severity < High {
			return i
		}
		if size+d.Size() > maxWhole {
			*d = d.Bare()
		}
		if size += d.Size(); size > maxBytes {
			return i
		}
	}
	return len(r.Drifts)
}

// Size estimates the size of the drift's JSON, in bytes.
func (d *Drift) Size() int {
	const base, rule, request = 700, 200, 350
	n := base + len(d.Detail) + len(d.Remedy) + rule*len(d.Gap) + len(d.Rule.Description)
	for _, a := range d.Requests {
		p := a.Purpose
		n += request + rule*len(a.Wants) + len(p.Requester) + len(p.Reason) + len(p.Ticket)
	}
	for key, value := range d.Rule.Tags {
		n += 50 + len(key) + len(value)
	}
	return n
}

// Bare returns the drift with few of its parts. Cut counts the others.
func (d Drift) Bare() Drift {
	gap, requests := min(len(d.Gap), maxBare), min(len(d.Requests), maxBare)
	d.Cut += len(d.Gap) - gap + len(d.Requests) - requests
	d.Gap, d.Requests, d.Rule.Tags = d.Gap[:gap:gap], slices.Clone(d.Requests[:requests]), nil
	for i := range d.Requests {
		a := &d.Requests[i]
		wants := min(len(a.Wants), maxBare)
		a.More += len(a.Wants) - wants
		a.Wants, a.Purpose = a.Wants[:wants:wants], claim.Purpose{}
	}
	return d
}

// total returns the number of drifts of all severities.
func (c Counts) total() (n int) {
	for _, of := range c {
		n += of
	}
	return n
}
