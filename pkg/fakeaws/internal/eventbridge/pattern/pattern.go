// Package pattern matches events against the event patterns of EventBridge.
//
// A pattern is a JSON object with the shape of the events that it matches. Each leaf is a list
// of alternatives:
//
//	{"source": ["demo"], "detail": {"state": [{"prefix": "run"}, {"exists": false}]}}
//
// The rules are those of AWS's own library, aws/event-ruler, which EventBridge runs, and of
// LocalStack's tests against AWS:
//
//   - An event is flattened into leaves. The name of a leaf is the path of its keys, joined
//     with dots. So {"a.b": 1} and {"a": {"b": 1}} are alike. Elements of an array have the
//     path of the array. An empty array or object has no leaves.
//   - A field of a pattern matches if one of its alternatives matches a leaf of its path.
//     Fields that match inside one array must match in the same element.
//   - "anything-but" needs a leaf, so it does not match an absent field. It matches null,
//     and every value of another type.
//   - "exists" tests only leaves. An object is not one.
//   - "$or" expands to all combinations, at most [MaxAlternatives]. A path in a branch
//     replaces the same path before it.
//
// Not supported: the limit on the complexity of wildcards.
package pattern

import (
	"maps"
	"slices"
)

// MaxAlternatives is the largest number of combinations of a pattern's $or.
const MaxAlternatives = 1000

// Pattern is a parsed event pattern.
type Pattern struct {
	alternatives []alternative // any of them
}

// An alternative holds fields by path. All of them must match.
type alternative map[string]field

// A field matches if a matcher matches a leaf. If absent is set, it also matches if there is
// no leaf.
type field struct {
	matchers []matcher
	absent   bool
}

// Match reports whether the pattern matches an event.
func (p *Pattern) Match(e *Event) bool {
	return slices.ContainsFunc(p.alternatives, func(a alternative) bool { return a.match(e) })
}

func (a alternative) match(e *Event) bool {
	var choices [][]leaf // for each field that needs a leaf, the matching leaves
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

// agree reports whether one leaf of each choice can be selected so that no two are in
// different elements of one array.
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
