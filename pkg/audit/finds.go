package audit

import (
	"maps"
	"slices"
	"strings"
	"unique"
)

// finds holds the groups that EC2 returned, by id. In an audit of all groups they are very many, so
// equal texts share their memory, and there is no map for each group.
type finds map[string]find

type find struct {
	name, vpc string
	tags      string // each key and its value, with a NUL between two texts
	rules     int
}

// put adds a group, or replaces it.
func (all finds) put(f Found) {
	lines := make([]string, 0, 2*len(f.Tags))
	for _, key := range slices.Sorted(maps.Keys(f.Tags)) {
		lines = append(lines, key, f.Tags[key])
	}
	all[f.ID] = find{f.Name, shared(f.VPC), shared(strings.Join(lines, "\x00")), f.Rules}
}

func shared(text string) string { return unique.Make(text).Value() }

// get returns a group.
func (all finds) get(id string) (f Found, ok bool) {
	c, ok := all[id]
	if !ok {
		return Found{}, false
	}
	f = Found{ID: id, Name: c.name, VPC: c.vpc, Tags: make(map[string]string), Rules: c.rules}
	for rest := c.tags; rest != ""; {
		var key string
		key, rest, _ = strings.Cut(rest, "\x00")
		f.Tags[key], rest, _ = strings.Cut(rest, "\x00")
	}
	return f, true
}

// has reports whether a group is there.
func (all finds) has(id string) bool {
	_, ok := all[id]
	return ok
}

// ids returns the ids in order.
func (all finds) ids() []string { return slices.Sorted(maps.Keys(all)) }
