package pattern

import "slices"

// parseAnythingBut parses strings, numbers, or one negated comparison with strings. A single
// value needs no list.
func parseAnythingBut(n node) (matcher, error) {
	parse := parseExcluded
	if n.kind == '{' {
		e, err := parseExclusion(n)
		if err != nil {
			return nil, err
		}
		parse, n = e.list, n.items[0]
	}
	items := []node{n}
	switch n.kind {
	case '[':
		items = n.items
	case '"', '0':
	default:
		return nil, refuse(n, "Value of anything-but must be an array or single string/number value.")
	}
	matchers, err := parse(n, items)
	if err != nil {
		return nil, err
	}
	return func(l leaf) bool {
		return !slices.ContainsFunc(matchers, func(m matcher) bool { return m(l) })
	}, nil
}

func parseExclusion(n node) (exclusion, error) {
	if len(n.keys) == 0 {
		return exclusion{}, refuse(n, "Anything-But expression name not found")
	}
	e, ok := excluded[n.keys[0]]
	if !ok {
		return e, refuse(n, "Unsupported anything-but pattern: %s", n.keys[0])
	}
	if len(n.keys) > 1 {
		return e, refuse(n, "Too many elements in numeric expression") // event-ruler's own words
	}
	return e, nil
}

// parseExcluded parses plain values, all of one type.
func parseExcluded(list node, items []node) ([]matcher, error) {
	var matchers []matcher
	kinds := make(map[byte]bool)
	for _, n := range items {
		kinds[n.kind] = true
		switch n.kind {
		case '"':
			matchers = append(matchers, sameText(n.text))
		case '0':
			v, ok := double(n.text)
			if !ok {
				return nil, refuse(n, "Cannot compare number : %s", n.text)
			}
			matchers = append(matchers, numeric(func(x float64) bool { return x == v }))
		default:
			return nil, refuse(n, "Inside anything but list, start|null|boolean is not supported.")
		}
	}
	if len(kinds) != 1 {
		return nil, refuse(list, "Inside anything but list, either all values are number or string, "+
			"mixed type is not supported")
	}
	return matchers, nil
}

// An exclusion is a comparison that anything-but can negate.
type exclusion struct {
	parse  func(node) (matcher, error)
	filled bool   // whether an empty string is refused
	other  string // the error for a value that is no string
}

var excluded = map[string]exclusion{
	"prefix":   {comparisonOf(prefix), true, "prefix/suffix match pattern must be a string"},
	"suffix":   {comparisonOf(suffix), true, "prefix/suffix match pattern must be a string"},
	"wildcard": {parseWildcard, false, "wildcard match pattern must be a string"},
	"equals-ignore-case": {comparisonOf(equalsIgnoreCase), false,
		"Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."},
}

func comparisonOf(compare func(string) matcher) func(node) (matcher, error) {
	return func(n node) (matcher, error) { return compare(n.text), nil }
}

func (e exclusion) list(_ node, items []node) ([]matcher, error) {
	var matchers []matcher
	for _, n := range items {
		if n.kind != '"' {
			return nil, refuse(n, "%s", e.other)
		}
		if n.text == "" && e.filled {
			return nil, refuse(n, "Null prefix/suffix not allowed")
		}
		m, err := e.parse(n)
		if err != nil {
			return nil, err
		}
		matchers = append(matchers, m)
	}
	return matchers, nil
}
