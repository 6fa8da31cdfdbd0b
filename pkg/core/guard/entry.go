package guard

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/pattern"
)

// Entry is a list of rules that are allowed or denied in some requests.
type Entry struct {
	Scope
	ID     string
	Reason string // shown in faults; may be empty
	Terms  []Term

	says string // replaces the usual text of a fault, in a built-in entry
}

// Scope restricts an entry to some requests. Each list that is not empty restricts it further.
// In patterns, * matches any text.
type Scope struct {
	GroupIDs   []string // the group has one of these ids, or one of GroupNames
	GroupNames []string // patterns
	Tags       []Tag    // the group has all of them
	Launches   []string // patterns of the launch's name
	Accounts   []string // of the launch
	Sources    []string // patterns of the event's source; only * matches an event without one
	Publishers []string // names
}

// Tag is a tag's key and a pattern of its value.
type Tag struct{ Key, Value string }

// answer says whether an entry applies to a request: yes, no or unknown.
type answer uint8

const (
	no answer = iota
	maybe
	yes
)

// everybody reports whether the scope includes every request.
func (s *Scope) everybody() bool {
	groups := len(s.GroupIDs) + len(s.GroupNames) + len(s.Tags)
	return groups+len(s.Launches)+len(s.Accounts)+len(s.Sources)+len(s.Publishers) == 0
}

// applies reports whether the scope includes the request.
func (s *Scope) applies(a *Candidate) answer {
	if !includes(s.Accounts, a.Launch.Account) || !matches(s.Launches, a.Launch.Name) {
		return no
	}
	if !matches(s.Sources, a.Source) || !includes(s.Publishers, a.Launch.Namespace) {
		return no
	}
	return min(s.hasGroup(a.Group), s.hasTags(a.Group.Facts))
}

// hasGroup compares ids before names, because ids are always known.
func (s *Scope) hasGroup(g Group) answer {
	switch {
	case len(s.GroupIDs)+len(s.GroupNames) == 0 || slices.Contains(s.GroupIDs, g.ID):
		return yes
	case len(s.GroupNames) == 0:
		return no
	case g.Facts == nil:
		return maybe
	case matchesAny(s.GroupNames, g.Facts.Name):
		return yes
	}
	return no
}

func (s *Scope) hasTags(f *Facts) answer {
	switch {
	case len(s.Tags) == 0:
		return yes
	case f == nil:
		return maybe
	}
	for _, t := range s.Tags {
		if value, ok := f.Tags[t.Key]; !ok || !pattern.Match(t.Value, value) {
			return no
		}
	}
	return yes
}

// includes reports whether a list has the text. An empty list includes every text.
func includes(list []string, text string) bool { return len(list) == 0 || slices.Contains(list, text) }

// matches reports whether one of the patterns matches the text. An empty list matches every
// text.
func matches(patterns []string, text string) bool {
	return len(patterns) == 0 || matchesAny(patterns, text)
}

func matchesAny(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return pattern.Match(p, text) })
}
