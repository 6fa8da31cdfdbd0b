package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/lease"

// rules returns the rules that requests ask for, one each.
func (md *model) rules(requests set) (rules set) {
	for r, rule := range md.asks {
		if requests.has(r) {
			rules |= only(rule)
		}
	}
	return rules
}

// plan does the driver's set arithmetic: what is wanted and not known to be
// there is missing, and of that what does not fit is refused, last come first.
func (md *model) plan(w *world, m *message, known set) {
	m.refuse, m.missing = 0, 0
	if !md.tight {
		m.missing = md.rules(m.loaded) &^ known
		return
	}
	for _, r := range md.received(w) {
		if r == 0 || !m.loaded.has(int(r)-1) {
			continue
		}
		rule, there := only(md.asks[r-1]), known|m.missing
		switch {
		case there.holds(rule):
		case there.size() < int(w.quota):
			m.missing |= rule
		default:
			m.refuse |= only(int(r) - 1)
		}
	}
}

// received is the order in which requests are considered.
func (md *model) received(w *world) [maxRequests]uint8 {
	if md.byClock {
		return [...]uint8{1, 2, 3, 4}
	}
	return w.order
}

// plan is what is left of the plan.
func (m *message) plan() lease.Plan {
	return lease.Plan{Refuse: m.refuse != 0, Authorize: m.missing != 0}
}

// described is the group as EC2 describes it.
func (w *world) described(how how) set {
	if how == stale {
		return w.before
	}
	return w.group
}
