package lease_test

import "math/bits"

// ids is a set of rule ids that EC2 has or had. A rule that is authorized again is another
// life, with another id.
type ids uint16

const (
	maxRules = 4
	maxLives = 4
)

// id returns the id of a rule in one of its lives.
func id(rule, life int) ids { return 1 << (rule*maxLives + life) }

func (x ids) holds(y ids) bool { return y&^x == 0 }
func (x ids) size() int        { return bits.OnesCount16(uint16(x)) }

// allLives[s] are the ids of the rules in s.
var allLives = func() (all [1 << maxRules]ids) {
	for s := range all {
		for rule := range maxRules {
			if set(s).has(rule) {
				all[s] |= (1<<maxLives - 1) << (rule * maxLives)
			}
		}
	}
	return all
}()

func (x ids) of(rules set) ids { return x & allLives[rules] }

// rules returns the rules that have an id in x.
func (x ids) rules() (rules set) {
	for rule := range maxRules {
		if x.of(only(rule)) != 0 {
			rules |= only(rule)
		}
	}
	return rules
}

// born returns an id for each of the rules: its first life that no part of the world knows.
func (md *model) born(w *world, rules set) (x ids) {
	known := md.foreign | w.remembered()
	for rule := range maxRules {
		if rules.has(rule) {
			x |= firstLife(rule, known)
		}
	}
	return x
}

func firstLife(rule int, known ids) ids {
	for life := range maxLives {
		if x := id(rule, life); known&x == 0 {
			return x
		}
	}
	panic("the model has no id for another life of a rule")
}

// remembered returns the ids that any part of the world knows.
func (w *world) remembered() ids {
	x := w.group | w.before | w.young | w.flight | w.cond | w.made | w.gone
	for i := range w.msgs {
		m := &w.msgs[i]
		x |= m.cond | m.made | m.gone | m.revoke
	}
	return x
}
