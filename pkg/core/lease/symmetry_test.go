package lease_test

import (
	"hash/maphash"
	"slices"
)

// symmetry renames messages, requests and rules without changing the scenario. Worlds that
// differ only by a renaming are one.
type symmetry struct {
	message, request, rule []int
	requests, rules        [256]set // the same on sets
}

// symmetries returns all symmetries except the identity.
func (md *model) symmetries() (all []symmetry) {
	nrules := slices.Max(md.asks) + 1
	for message := range permutations(len(md.batches)) {
		for request := range permutations(len(md.asks)) {
			for rule := range permutations(nrules) {
				s := symmetry{message: message, request: request, rule: rule}
				if s.fill(); s.keeps(md) && !s.identity() {
					all = append(all, s)
				}
			}
		}
	}
	return all
}

func (s *symmetry) fill() {
	for x := range 256 {
		s.requests[x] = rename(set(x), s.request)
		s.rules[x] = rename(set(x), s.rule)
	}
}

func rename(s set, to []int) (t set) {
	for i, j := range to {
		if s.has(i) {
			t |= only(j)
		}
	}
	return t
}

func (s *symmetry) identity() bool {
	return slices.IsSorted(s.message) && slices.IsSorted(s.request) && slices.IsSorted(s.rule)
}

// keeps reports whether renaming leaves the scenario unchanged. A batch claims its requests in
// order, so their order must stay too.
func (s *symmetry) keeps(md *model) bool {
	for r, rule := range md.asks {
		if md.asks[s.request[r]] != s.rule[rule] {
			return false
		}
	}
	for i, batch := range md.batches {
		if md.batches[s.message[i]] != s.requests[batch] || !s.inOrder(batch) {
			return false
		}
	}
	return true
}

func (s *symmetry) inOrder(batch set) bool {
	last := -1
	for r := range s.request {
		if batch.has(r) {
			if s.request[r] < last {
				return false
			}
			last = s.request[r]
		}
	}
	return true
}

// apply renames every part of w.
func (s *symmetry) apply(w world) world {
	t := w
	t.own, t.exp, t.last, t.flying = s.name(w.own), s.name(w.exp), s.name(w.last), s.name(w.flying)
	t.cond, t.made, t.gone = s.ids(w.cond), s.ids(w.made), s.ids(w.gone)
	t.group, t.before, t.flight = s.ids(w.group), s.ids(w.before), s.ids(w.flight)
	t.grant = s.rules[w.grant]
	t.table, t.refused, t.announced, t.served = s.requests[w.table], s.requests[w.refused], s.requests[w.announced],
		s.requests[w.served]
	for i, r := range w.order {
		if r != 0 {
			t.order[i] = uint8(s.request[r-1]) + 1
		}
	}
	for i, j := range s.message {
		m := w.msgs[i]
		m.found, m.memo.own = s.name(m.found), s.name(m.memo.own)
		m.written, m.fresh, m.loaded = s.requests[m.written], s.requests[m.fresh], s.requests[m.loaded]
		m.over, m.served, m.waiting = s.requests[m.over], s.requests[m.served], s.requests[m.waiting]
		m.cond, m.made, m.gone, m.revoke = s.ids(m.cond), s.ids(m.made), s.ids(m.gone), s.ids(m.revoke)
		m.refuse, m.missing = s.requests[m.refuse], s.rules[m.missing]
		t.msgs[j] = m
	}
	return t
}

func (s *symmetry) ids(x ids) (renamed ids) {
	for i, j := range s.rule {
		renamed |= x >> (i * maxLives) & (1<<maxLives - 1) << (j * maxLives)
	}
	return renamed
}

func (s *symmetry) name(n name) name {
	if n == 0 {
		return 0
	}
	return n.of(s.message[n.message()])
}

var seed = maphash.MakeSeed()

// canonical returns the same world for all worlds that are renamings of w.
func (md *model) canonical(w world) world {
	if len(md.twins) == 0 {
		return w
	}
	best, least := w, maphash.Comparable(seed, w)
	for i := range md.twins {
		t := md.twins[i].apply(w)
		if h := maphash.Comparable(seed, t); h < least {
			best, least = t, h
		}
	}
	return best
}

// permutations yields every order of 0 to n-1.
func permutations(n int) func(func([]int) bool) {
	return func(yield func([]int) bool) {
		var extend func([]int) bool
		extend = func(p []int) bool {
			if len(p) == n {
				return yield(slices.Clone(p))
			}
			for i := range n {
				if !slices.Contains(p, i) && !extend(append(p, i)) {
					return false
				}
			}
			return true
		}
		extend(nil)
	}
}
