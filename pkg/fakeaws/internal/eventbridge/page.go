package eventbridge

import (
	"maps"
	"slices"
	"strings"
)

// page returns the names with a prefix, in order, from a token on, and the token of the next
// page. A limit of 0 means 100.
func page[V any](all map[string]V, prefix string, limit int, token string) (names []string, next string) {
	if limit == 0 {
		limit = 100
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !strings.HasPrefix(name, prefix) || name < token {
			continue
		}
		if len(names) == limit {
			return names, name
		}
		names = append(names, name)
	}
	return names, ""
}
