package drift

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// Settle is the time that EC2 gets to describe a change before an audit counts as one of the
// change. CloudTrail's times are whole seconds.
const Settle = 10 * time.Second

// Covers reports whether an audit of a group after some calls on it would find nothing more than
// the report has: the report's audit began at least [Settle] after the calls, and it read the
// group. A drift whose cause is unknown, and that one of the calls can have caused, is something
// more.
func (r *Report) Covers(g claim.Group, calls []Call) bool {
	group, ok := r.group(g)
	if !ok || group.Unreadable != "" || group.Begun.IsZero() {
		return false
	}
	for _, c := range calls {
		if c.At.IsZero() || c.At.Add(Settle).After(group.Begun) {
			return false
		}
	}
	return !slices.ContainsFunc(r.Drifts, func(d Drift) bool {
		return d.Group == g && d.Changed == (Change{}) && d.Cause(calls, claim.Ledger{}) != (Change{})
	})
}

// Fresh returns how long after now the next audit of a group is due, if the report's audit of it
// began less than [Settle] ago. Otherwise it returns zero. Both times are of the store's clock.
func (r *Report) Fresh(g claim.Group, now time.Time) time.Duration {
	group, ok := r.group(g)
	if !ok || group.Begun.IsZero() || group.Begun.After(now) {
		return 0
	}
	return max(0, group.Begun.Add(Settle).Sub(now))
}

func (r *Report) group(g claim.Group) (Group, bool) {
	i := slices.IndexFunc(r.Groups, func(o Group) bool { return o.Group == g })
	if i < 0 {
		return Group{}, false
	}
	return r.Groups[i], true
}
