// Package pattern matches events against the event patterns of EventBridge.
//
// A pattern is a JSON object of the shape of the events it matches, with a list
// of alternatives at each leaf:
//
//	{"source": ["demo"], "detail": {"state": [{"prefix": "run"}, {"exists": false}]}}
//
// The reading is that of AWS's own library, aws/event-ruler, which EventBridge
// runs, and of the rows that LocalStack validated against AWS:
//
//   - An event is flattened into leaves, each named by the path of its keys
//     joined with dots; so {"a.b": 1} and {"a": {"b": 1}} are alike. Arrays have
//     no name: their elements stand in their place, and an empty array or object
//     has no leaves at all.
//   - A field of a pattern matches when one of its alternatives matches a leaf
//     of its path. Fields that match inside one array must match in the same
//     element of it.
//   - "anything-but" needs a leaf: it does not match an absent field. It does
//     match null, and every value of another type.
//   - "exists" looks at leaves only; an object is not one.
//   - "$or" stands for its alternatives multiplied out, at most [MaxAlternatives].
//     A path given again in a branch replaces the one given before it.
//
// Not modelled: the limit on how complex wildcards may be.
package pattern

import (
	"maps"
	"slices"
)

// MaxAlternatives is how many combinations the $or of a pattern may stand for.
const MaxAlternatives = 1000

// Pattern is a parsed event pattern.
type Pattern struct {
	alternatives []alternative // any of them
}

// An alternative holds the fields that must all match, by path.
type alternative map[string]field

// A field matches when a matcher matches a leaf, or when there is no leaf and
// absent is set.
type field struct {
	matchers []matcher
	absent   bool
}

// Match reports whether the pattern matches an event.
func (p *Pattern) Match(e *Event) bool {
	return slices.ContainsFunc(p.alternatives, func(a alternative) bool { return a.match(e) })
}

func (a alternative) match(e *Event) bool {
	var choices [][]leaf // of each field that needs a leaf, those that match
	for _, path := range slices.Sorted(maps.Keys(a)) {
		leaves := e.leaves[path]
		if a[path].absent && len(leaves) == 0 {
			continue
		}
		matching := slices.DeleteFunc(slices.Clone(leaves), func(l leaf) bool { return !a[path].match(l) })
		if len(matching) == 0 {
			return false
		}
		choices = append(choices, matching)
	}
	return agree(choices, nil)
}

func (f field) match(l leaf) bool {
	return slices.ContainsFunc(f.matchers, func(m matcher) bool { return m(l) })
}

// agree reports whether one leaf of each choice can be taken so that no two
// stand in different elements of one array.
func agree(choices [][]leaf, at []position) bool {
	if len(choices) == 0 {
		return true
	}
	for _, l := range choices[0] {
		if consistent(at, l.at) && agree(choices[1:], append(at[:len(at):len(at)], l.at...)) {
			return true
		}
	}
	return false
}

func consistent(a, b []position) bool {
	for _, p := range a {
		for _, q := range b {
			if p.array == q.array && p.index != q.index {
				return false
			}
		}
	}
	return true
}
