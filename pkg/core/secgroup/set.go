package secgroup

import (
	"iter"
	"slices"
	"strings"
)

// Set is an immutable set of rules in the order of [Rule.Compare]. The zero Set is empty.
type Set struct{ rules []Rule }

// SetOf returns the set of the given rules, in any order and with repeats.
func SetOf(rules ...Rule) Set { return Set{sorted(rules)} }

// Len returns the number of rules in s.
func (s Set) Len() int { return len(s.rules) }

// All yields the rules of s in order.
func (s Set) All() iter.Seq[Rule] { return slices.Values(s.rules) }

// Contains reports whether r itself is in s. For cover, see [Compare].
func (s Set) Contains(r Rule) bool {
	_, found := slices.BinarySearchFunc(s.rules, r, Rule.Compare)
	return found
}

// match returns the rule of s that matches r, preferably r itself.
func (s Set) match(r *Rule) (Rule, bool) {
	i, _ := slices.BinarySearchFunc(s.rules, r, func(have Rule, r *Rule) int { return compareKin(&have, r) })
	if i == len(s.rules) {
		return Rule{}, false
	}
	alike := s.rules[i:][:kin(s.rules[i:])]
	if j := matching(r, alike); j >= 0 {
		return alike[j], true
	}
	return Rule{}, false
}

// Union returns the rules of s and t.
func (s Set) Union(t Set) Set { return SetOf(slices.Concat(s.rules, t.rules)...) }

// Minus returns the rules of s that are not in t.
func (s Set) Minus(t Set) Set {
	var rest []Rule
	for _, r := range s.rules {
		if !t.Contains(r) {
			rest = append(rest, r)
		}
	}
	return Set{rest}
}

// String returns the text of the rules, separated by commas.
func (s Set) String() string {
	texts := make([]string, len(s.rules))
	for i, r := range s.rules {
		texts[i] = r.String()
	}
	return strings.Join(texts, ", ")
}

// Equal reports whether s and t hold the same rules.
func (s Set) Equal(t Set) bool { return slices.Equal(s.rules, t.rules) }
