// Package pattern matches names with patterns such as team-a-*. Guardrails and exceptions use
// them for launches, groups, tags and sources.
package pattern

import "strings"

// Match reports whether the pattern matches the whole text. * matches any text, including
// none. All other characters match themselves. For example, w*b matches web and wb.
func Match(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	rest, ok := strings.CutPrefix(text, parts[0])
	for _, part := range parts[1 : len(parts)-1] {
		if !ok {
			return false
		}
		_, rest, ok = strings.Cut(rest, part)
	}
	return ok && strings.HasSuffix(rest, parts[len(parts)-1])
}
