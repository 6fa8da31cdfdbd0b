package expr

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

// change puts a value at a path, or removes the value there.
type change struct {
	path Path
	to   attr.Value // nil removes
}

// on returns v after the change. It copies the maps and lists along path, and shares all other
// values.
func (c change) on(v attr.Value, path Path) (attr.Value, error) {
	if len(path) == 0 {
		return c.to, nil
	}
	switch v := v.(type) {
	case attr.Map:
		if path[0].Name != "" {
			return c.onMap(v, path)
		}
	case attr.List:
		if path[0].Name == "" {
			return c.onList(v, path)
		}
	}
	return nil, errNoPlace
}

func (c change) onMap(m attr.Map, path Path) (attr.Value, error) {
	name := path[0].Name
	old, ok := m[name]
	if !ok && len(path) > 1 {
		return nil, errNoPlace
	}
	changed, err := c.on(old, path[1:])
	if err != nil {
		return nil, err
	}
	m = maps.Clone(m)
	if m == nil {
		m = attr.Map{}
	}
	if changed == nil {
		delete(m, name)
	} else {
		m[name] = changed
	}
	return m, nil
}

func (c change) onList(l attr.List, path Path) (attr.Value, error) {
	i := path[0].Index
	if i >= len(l) {
		return c.beyond(l, path)
	}
	changed, err := c.on(l[i], path[1:])
	if err != nil {
		return nil, err
	}
	l = slices.Clone(l)
	if changed == nil {
		return slices.Delete(l, i, i+1), nil
	}
	l[i] = changed
	return l, nil
}

// beyond changes an element after the end of a list. It appends a value, and ignores a
// removal.
func (c change) beyond(l attr.List, path Path) (attr.Value, error) {
	switch {
	case len(path) > 1:
		return nil, errNoPlace
	case c.to == nil:
		return l, nil
	}
	return append(slices.Clone(l), c.to), nil
}

// comparePaths orders paths by their steps, elements of a list by index.
func comparePaths(a, b Path) int {
	return slices.CompareFunc(a, b, func(s, t Step) int {
		return cmp.Or(strings.Compare(s.Name, t.Name), cmp.Compare(s.Index, t.Index))
	})
}
