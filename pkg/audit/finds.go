package audit

import (
	"maps"
	"slices"
	"unique"
)

// finds holds the groups that EC2 returned, by id. In an audit of all groups they are very many, so
// equal texts share their memory, and there is no map for each group.
type finds map[string]find

type find struct {
	name, vpc string
	tags      []string // a key, its value, a key...
	rules     int
}

// put adds a group, or replaces it.
func (all finds) put(f Found) {
	tags := make([]string, 0, 2*len(f.Tags))
	for key, value := range f.Tags {
		tags = append(tags, shared(key), shared(value))
	}
	all[f.ID] = find{f.Name, shared(f.VPC), tags, f.Rules}
}

func shared(text string) string { return unique.Make(text).Value() }

// get returns a group.
func (all finds) get(id string) (f Found, ok bool) {
	c, ok := all[id]
	if !ok {
		return Found{}, false
	}
	f = Found{ID: id, Name: c.name, VPC: c.vpc, Tags: make(map[string]string, len(c.tags)/2), Rules: c.rules}
	for tag := range slices.Chunk(c.tags, 2) {
		f.Tags[tag[0]] = tag[1]
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
