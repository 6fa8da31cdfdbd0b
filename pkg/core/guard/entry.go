package guard

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/pattern"
)

// entry is one entry of a file: the requests that it applies to, and its rules.
type entry struct {
	id       string
	reason   string   // "" if the file gives none
	says     string   // replaces the usual text, in a built-in entry
	ids      []string // of groups; ids or names must match
	names    []string // patterns of groups' names
	tags     []tag    // all must match
	launches []string
	accounts []string
	terms    []term

	sources    []string // patterns
	publishers []string // names
	reach      []string // accounts, of an admin entry
}

// tag is a tag's key and a pattern of its value.
type tag struct{ key, value string }

// answer says whether an entry applies to a request: yes, no or unknown.
type answer uint8

const (
	no answer = iota
	maybe
	yes
)

// everybody reports whether the entry applies to every request.
func (e *entry) everybody() bool {
	return len(e.ids)+len(e.names)+len(e.tags)+len(e.launches)+len(e.accounts)+len(e.sources)+len(e.publishers) == 0
}

// applies reports whether the entry applies to the request.
func (e *entry) applies(a *Ask) answer {
	if len(e.accounts) > 0 && !slices.Contains(e.accounts, a.Launch.Account) || !e.hasLaunch(a.Launch.Name) {
		return no
	}
	if !e.hasSource(a.Source) || len(e.publishers) > 0 && !slices.Contains(e.publishers, a.Launch.Namespace) {
		return no
	}
	return min(e.hasGroup(a.Group), e.hasTags(a.Group.Facts))
}

func (e *entry) hasLaunch(name string) bool {
	return len(e.launches) == 0 || slices.ContainsFunc(e.launches, func(p string) bool { return pattern.Match(p, name) })
}

// hasSource matches an event without a source as the empty text, which * matches.
func (e *entry) hasSource(source string) bool {
	return len(e.sources) == 0 || matchesAny(e.sources, source)
}

// hasGroup compares ids before names, because ids are always known.
func (e *entry) hasGroup(g Group) answer {
	switch {
	case len(e.ids)+len(e.names) == 0 || slices.Contains(e.ids, g.ID):
		return yes
	case len(e.names) == 0:
		return no
	case g.Facts == nil:
		return maybe
	case slices.ContainsFunc(e.names, func(p string) bool { return pattern.Match(p, g.Facts.Name) }):
		return yes
	}
	return no
}

func (e *entry) hasTags(f *Facts) answer {
	switch {
	case len(e.tags) == 0:
		return yes
	case f == nil:
		return maybe
	}
	for _, t := range e.tags {
		if value, ok := f.Tags[t.key]; !ok || !pattern.Match(t.value, value) {
			return no
		}
	}
	return yes
}
