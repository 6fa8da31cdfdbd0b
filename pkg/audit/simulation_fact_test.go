package audit_test

import "time"

// fact is something about the world that is true or not, with its history.
type fact struct {
	// lag is how long an audit may treat a change as too recent.
	lag     time.Duration
	changes []factChange
}

type factChange struct {
	at time.Time
	is bool
}

// set changes a fact.
func (f *fact) set(is bool) { f.changes = append(f.changes, factChange{time.Now(), is}) }

// is reports whether the fact is true now.
func (f *fact) is() bool { return len(f.changes) > 0 && f.changes[len(f.changes)-1].is }

// during returns which values the fact had at some moment of a time.
func (f *fact) during(from, to time.Time) (yes, no bool) {
	from = from.Add(-f.lag)
	before := false
	for _, c := range f.changes {
		switch {
		case !c.at.After(from):
			before = c.is
		case !c.at.After(to):
			yes, no = yes || c.is, no || !c.is
		}
	}
	return yes || before, no || !before
}

// can reports whether a condition can have held by facts that were read in any order between two
// times. The condition asks for the values of facts; each has one value.
func can(from, to time.Time, condition func(is func(*fact) bool) bool) bool {
	for plan := []bool(nil); ; {
		values := make(map[*fact]bool)
		var open []bool // the choices so far
		held := condition(func(f *fact) bool {
			value, known := values[f]
			if known {
				return value
			}
			yes, no := f.during(from, to)
			if value = yes; yes && no {
				value = len(open) >= len(plan) || plan[len(open)]
				open = append(open, value)
			}
			values[f] = value
			return value
		})
		if held {
			return true
		}
		for len(open) > 0 && !open[len(open)-1] { // the next plan: the last true becomes false
			open = open[:len(open)-1]
		}
		if len(open) == 0 {
			return false
		}
		open[len(open)-1] = false
		plan = open
	}
}
