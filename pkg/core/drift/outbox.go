package drift

import (
	"cmp"
	"slices"
	"time"
)

// maxPending is the number of notices that may wait for an output. The report has at most as many
// drifts, so only closed drifts can be too many.
const maxPending = 2 * maxDrifts

// Pending holds the changes of drifts that one output has not confirmed, the oldest first.
type Pending struct {
	Notices []Notice `json:"notices"`
	// Dropped counts closed drifts that were dropped because more than 20,000 notices waited.
	Dropped int `json:"dropped,omitempty"`
}

// Notice is a new, changed or closed drift. A drift has at most one notice that it was found, and
// one that it was closed.
type Notice struct {
	Drift string    `json:"drift"` // its id
	Audit string    `json:"audit"` // the audit that concluded it
	At    time.Time `json:"at"`    // the begin of that audit
	// Was is the severity before, if the severity of a known drift changed.
	Was *Severity `json:"was,omitempty"`
	// Closed is the drift if it was closed, without its gap and requests.
	Closed *Drift `json:"closed,omitempty"`
}

// same reports whether two notices are one, of the same audit.
func (n Notice) same(m Notice) bool {
	return n.Drift == m.Drift && n.Audit == m.Audit && (n.Closed == nil) == (m.Closed == nil)
}

// Oldest returns the time of the oldest notice of any output; zero if there is none.
func (r *Report) Oldest() (at time.Time) {
	for _, p := range r.Outbox {
		for i := range p.Notices {
			if at.IsZero() || p.Notices[i].At.Before(at) {
				at = p.Notices[i].At
			}
		}
	}
	return at
}

// Confirm returns the report without the notices that an output took. It leaves r unchanged. The
// notice that a drift was closed stays as long as the notice that it was found: it has the drift.
func (r *Report) Confirm(output string, took []Notice) *Report {
	gone := make(map[string][]Notice, len(took))
	for _, n := range took {
		gone[n.Drift] = append(gone[n.Drift], n)
	}
	p := r.Outbox[output]
	left := make(map[string]bool)
	for _, n := range p.Notices {
		if n.Closed == nil && !slices.ContainsFunc(gone[n.Drift], n.same) {
			left[n.Drift] = true
		}
	}
	p.Notices = slices.DeleteFunc(slices.Clone(p.Notices), func(n Notice) bool {
		return !left[n.Drift] && slices.ContainsFunc(gone[n.Drift], n.same)
	})
	confirmed := *r
	confirmed.Outbox = make(map[string]Pending, len(r.Outbox))
	for name, other := range r.Outbox {
		confirmed.Outbox[name] = other
	}
	if confirmed.Outbox[output] = p; len(p.Notices) == 0 {
		delete(confirmed.Outbox, output)
	}
	return &confirmed
}

// post puts the changes of this audit into the outbox of each output, after those that the output
// has not confirmed.
func (r *Report) post(previous *Report, outputs []string, changes []Notice) {
	r.Outbox = nil
	has := make(map[string]bool, len(r.Drifts))
	for i := range r.Drifts {
		has[r.Drifts[i].ID] = true
	}
	for _, output := range outputs {
		p := previous.Outbox[output].with(changes, has)
		if len(p.Notices) == 0 {
			continue
		}
		if r.Outbox == nil {
			r.Outbox = make(map[string]Pending)
		}
		r.Outbox[output] = p
	}
}

// with returns the notices and further ones. A drift that was found again is not closed, so its
// closing is dropped. has tells which drifts exist.
func (p Pending) with(changes []Notice, has map[string]bool) Pending {
	closed := make(map[string]bool)
	at := make(map[string]int) // of the notice that a drift was found
	all := make([]Notice, 0, len(p.Notices)+len(changes))
	for _, n := range slices.Concat(p.Notices, changes) {
		if n.Closed != nil {
			if !has[n.Drift] && !closed[n.Drift] {
				closed[n.Drift] = true
				all = append(all, n)
			}
			continue
		}
		if i, ok := at[n.Drift]; ok { // it changed again before the output took it
			if n.At = all[i].At; n.Was != nil {
				n.Was = all[i].Was
			}
			all[i] = n
			continue
		}
		at[n.Drift] = len(all)
		all = append(all, n)
	}
	// The drift of a notice is in the report, or in the notice that it was closed. Otherwise the
	// report has no room for it.
	all = slices.DeleteFunc(all, func(n Notice) bool { return n.Closed == nil && !has[n.Drift] && !closed[n.Drift] })
	p.Notices, p.Dropped = bounded(all, p.Dropped)
	return p
}

// bounded drops the mildest and oldest closed drifts if there are too many notices.
func bounded(all []Notice, dropped int) ([]Notice, int) {
	excess := len(all) - maxPending
	if excess <= 0 {
		return all, dropped
	}
	var closings []int
	for i := range all {
		if all[i].Closed != nil {
			closings = append(closings, i)
		}
	}
	slices.SortStableFunc(closings, func(a, b int) int {
		return cmp.Compare(all[a].Closed.Severity, all[b].Closed.Severity)
	})
	drop := make(map[string]bool)
	for _, i := range closings[:min(excess, len(closings))] {
		drop[all[i].Drift] = true
	}
	return slices.DeleteFunc(all, func(n Notice) bool { return drop[n.Drift] }), dropped + len(drop)
}

// closing returns the notice that a drift was closed.
func (r *Report) closing(d Drift) Notice {
	d.Gap, d.Requests, d.Rule.Tags = nil, nil, nil
	return Notice{Drift: d.ID, Audit: r.ID, At: r.Started, Closed: &d}
}

// finding returns the notice that a drift is new or, if was is not nil, that its severity changed.
func (r *Report) finding(d *Drift, was *Severity) Notice {
	return Notice{Drift: d.ID, Audit: r.ID, At: r.Started, Was: was}
}
