package pattern

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A matcher reports whether a leaf matches.
type matcher func(leaf) bool

// onText returns a matcher that tests strings.
func onText(f func(string) bool) matcher {
	return func(l leaf) bool { return l.kind == '"' && f(l.text) }
}

func sameText(want string) matcher {
	return onText(func(s string) bool { return s == want })
}

// exactly matches a string. Two spellings of one IP address are the same.
func exactly(want string) matcher {
	ip, ok := parseIP(want)
	if !ok {
		return sameText(want)
	}
	return onText(func(s string) bool {
		other, ok := parseIP(s)
		return s == want || ok && other == ip
	})
}

// literal matches true, false or null.
func literal(n node) matcher {
	return func(l leaf) bool { return l.kind == n.kind && l.text == n.text }
}

func prefix(want string) matcher {
	return onText(func(s string) bool { return strings.HasPrefix(s, want) })
}

func suffix(want string) matcher {
	return onText(func(s string) bool { return strings.HasSuffix(s, want) })
}

func equalsIgnoreCase(want string) matcher {
	return onText(func(s string) bool { return strings.EqualFold(s, want) })
}

func prefixIgnoreCase(want string) matcher {
	n := utf8.RuneCountInString(want)
	return onText(func(s string) bool {
		runes := []rune(s)
		return len(runes) >= n && strings.EqualFold(string(runes[:n]), want)
	})
}

func suffixIgnoreCase(want string) matcher {
	n := utf8.RuneCountInString(want)
	return onText(func(s string) bool {
		runes := []rune(s)
		return len(runes) >= n && strings.EqualFold(string(runes[len(runes)-n:]), want)
	})
}

// parseWildcard parses a string in which * stands for any number of characters, \* for a star
// and \\ for a backslash.
func parseWildcard(n node) (matcher, error) {
	if n.kind != '"' {
		return nil, refuse(n, "wildcard match pattern must be a string")
	}
	parts := []string{""}
	for i := 0; i < len(n.text); i++ {
		c := n.text[i]
		rest := n.text[i+1:]
		switch {
		case c == '*' && strings.HasPrefix(rest, "*"):
			return nil, refuse(n, "Consecutive wildcard characters at pos %d", i+1) // the position counts the quote
		case c == '*':
			parts = append(parts, "")
			continue
		case c == '\\' && (strings.HasPrefix(rest, "*") || strings.HasPrefix(rest, `\`)):
			i++
			c = n.text[i]
		case c == '\\':
			return nil, refuse(n, "Invalid escape character at pos %d", i+1)
		}
		parts[len(parts)-1] += string([]byte{c})
	}
	return onText(func(s string) bool { return glob(parts, s) }), nil
}

// glob matches the parts between wildcards, from left to right.
func glob(parts []string, s string) bool {
	last := len(parts) - 1
	if last == 0 {
		return s == parts[0]
	}
	s, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false
	}
	s, ok = strings.CutSuffix(s, parts[last])
	return ok && !slices.ContainsFunc(parts[1:last], func(part string) bool {
		_, after, found := strings.Cut(s, part)
		s = after
		return !found
	})
}
