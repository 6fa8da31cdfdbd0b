package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/core/lease"

// rules returns the rules that requests desire, one each.
func (md *model) rules(requests set) (rules set) {
	for r, rule := range md.asks {
		if requests.has(r) {
			rules |= only(rule)
		}
	}
	return rules
}

// admits returns the rules that one rule covers, including itself.
func (md *model) admits(rule int) set {
	if rule >= len(md.covers) {
		return only(rule)
	}
	return md.covers[rule]
}

func (md *model) cover(x ids) (rules set) {
	for rule := range maxRules {
		if x.of(only(rule)) != 0 {
			rules |= md.admits(rule)
		}
	}
	return rules
}

// draft is a plan in progress, in the driver's set arithmetic.
type draft struct {
	md       *model
	order    [maxRequests]uint8
	served   set
	accepted set // requests
	refused  set
	waiting  set
	known    ids // the group as the round knows it
	settled  ids // those in effect
	extra    ids // ours, and no request desires them
	kept     ids // extras with a replacement that does not fit
	going    ids // extras that no desired rule needs
	missing  set
}

// plan decides the work of a round from its requests and its describe.
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

// known returns the group as a round knows it.
func known(m *message, described ids) ids { return (described | m.made) &^ m.gone &^ m.cond }

// settled returns the rules in effect: described, and 30 s old by their tags.
func settled(w *world, _ *message, described ids) ids { return described &^ w.young }

// make tries to serve all requests. It refuses those that do not fit, and decides anew. An
// extra rule stays if it admits a rule that has no room.
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

// sort finds the extra rules, and those to revoke at once.
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

// overlapping returns the rules of the set that overlap one rule.
func (md *model) overlapping(rule int, rules set) (found set) {
	for other := range md.asks {
		if r := md.asks[other]; rules.has(r) && md.admits(r)&md.admits(rule) != 0 {
			found |= only(r)
		}
	}
	return found
}

// fit counts the requests against the quota, the served ones first.
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

// inOrder returns the accepted requests, the served ones first.
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

// admitting returns the extra rules that admit any lacking rule.
func (d *draft) admitting(lacking set) (found ids) {
	for rule := range maxRules {
		if d.md.admits(rule)&lacking != 0 {
			found |= d.extra.of(only(rule))
		}
	}
	return found
}

// received returns the order in which requests are considered.
func (md *model) received(w *world) [maxRequests]uint8 {
	if md.byClock || !md.tight {
		return [...]uint8{1, 2, 3, 4}
	}
	return w.order
}

// plan returns the rest of the plan.
func (m *message) plan() lease.Plan {
	return lease.Plan{Refuse: m.refuse != 0, Revoke: m.revoke != 0, Authorize: m.missing != 0}
}

func (w *world) described(how how) ids {
	if how == stale {
		return w.before
	}
	return w.group
}
