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

// admits returns the rules that one rule covers, itself among them.
func (md *model) admits(rule int) set {
	if rule >= len(md.covers) {
		return only(rule)
	}
	return md.covers[rule]
}

// cover returns what the rules of x cover.
func (md *model) cover(x ids) (rules set) {
	for rule := range maxRules {
		if x.of(only(rule)) != 0 {
			rules |= md.admits(rule)
		}
	}
	return rules
}

// draft is a plan in the making: the driver's set arithmetic.
type draft struct {
	md       *model
	order    [maxRequests]uint8
	served   set
	accepted set // requests
	refused  set
	waiting  set
	known    ids // the group as read
	settled  ids // of these, those that are in effect
	extra    ids // ours, and nobody asks
	kept     ids // extras for whose replacement there is no room
	going    ids // extras that nothing wanted needs
	missing  set
}

// plan decides what a round has to do with what it loaded and described.
func (md *model) plan(w *world, m *message, described ids) {
	d := draft{
		md: md, order: md.received(w), served: m.served,
		accepted: m.loaded, known: md.known(m, described),
	}
	d.settled = d.known & md.settled(w, m, described)
	d.make(int(w.quota))
	m.made &^= described
	m.refuse, m.waiting, m.missing = d.refused, d.waiting, d.missing
	m.revoke = d.going&described | m.cond&^m.gone
	m.later = d.extra&^m.revoke != 0
}

// known is the group as a round reads it.
func known(m *message, described ids) ids { return (described | m.made) &^ m.gone &^ m.cond }

// settled are the rules that are in effect: they were described, and are 30 s
// old, which a rule's tag tells.
func settled(w *world, _ *message, described ids) ids { return described &^ w.young }

// make tries to serve all; what does not fit is refused, and all is decided
// anew. An extra rule that admits what there is no room to open stays instead.
func (d *draft) make(quota int) {
	for {
		d.sort()
		misfits, lacking := d.fit(quota)
		irreplaceable := d.admitting(lacking)
		switch {
		case irreplaceable != 0:
			d.kept |= irreplaceable
		case misfits != 0:
			d.refused, d.accepted, d.kept = d.refused|misfits, d.accepted&^misfits, 0
		default:
			return
		}
	}
}

// sort finds the extra rules, and which of them go at once.
func (d *draft) sort() {
	wanted := d.md.rules(d.accepted)
	d.extra = d.known &^ d.md.foreign &^ allLives[wanted] &^ d.kept
	inEffect := d.md.cover(d.settled &^ d.extra)
	d.going = 0
	for rule := range maxRules {
		if inEffect.holds(d.md.overlapping(rule, wanted)) {
			d.going |= d.extra.of(only(rule))
		}
	}
}

// overlapping returns those of the rules that overlap one.
func (md *model) overlapping(rule int, rules set) (found set) {
	for other := range md.asks {
		if r := md.asks[other]; rules.has(r) && md.admits(r)&md.admits(rule) != 0 {
			found |= only(r)
		}
	}
	return found
}

// fit counts the requests against the quota, those served before first.
func (d *draft) fit(quota int) (misfits, lacking set) {
	d.missing, d.waiting = 0, 0
	there := d.md.cover(d.known &^ d.extra)
	free := quota - (d.known &^ d.going).rules().size()
	for _, r := range d.inOrder() {
		rule := only(d.md.asks[r])
		switch {
		case (there | d.missing).holds(rule):
		case free > 0 || !d.md.tight:
			d.missing |= rule
			free--
		case d.served.has(r):
			d.waiting, lacking = d.waiting|only(r), lacking|rule
		default:
			misfits, lacking = misfits|only(r), lacking|rule
		}
	}
	return misfits, lacking
}

// inOrder returns the accepted requests, those served before first.
func (d *draft) inOrder() (order []int) {
	for _, part := range [...]set{d.accepted & d.served, d.accepted &^ d.served} {
		for _, r := range d.order {
			if r != 0 && part.has(int(r)-1) {
				order = append(order, int(r)-1)
			}
		}
	}
	return order
}

// admitting returns the extra rules that admit any of what is lacking.
func (d *draft) admitting(lacking set) (found ids) {
	for rule := range maxRules {
		if d.md.admits(rule)&lacking != 0 {
			found |= d.extra.of(only(rule))
		}
	}
	return found
}

// received is the order in which requests are considered.
func (md *model) received(w *world) [maxRequests]uint8 {
	if md.byClock || !md.tight {
		return [...]uint8{1, 2, 3, 4}
	}
	return w.order
}

// plan is what is left of the plan.
func (m *message) plan() lease.Plan {
	return lease.Plan{Refuse: m.refuse != 0, Revoke: m.revoke != 0, Authorize: m.missing != 0}
}

// described is the group as EC2 describes it.
func (w *world) described(how how) ids {
	if how == stale {
		return w.before
	}
	return w.group
}
