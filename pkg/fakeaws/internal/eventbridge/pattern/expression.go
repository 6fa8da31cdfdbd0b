package pattern

// add adds one alternative of a field: a plain value or a match expression.
func (f *field) add(n node) error {
	switch n.kind {
	case '[':
		return refuse(n, "Match value must be String, number, true, false, or null")
	case '{':
		return f.addExpression(n)
	case '"':
		f.matchers = append(f.matchers, exactly(n.text))
	case '0':
		f.matchers = append(f.matchers, number(n.text))
	default:
		f.matchers = append(f.matchers, literal(n))
	}
	return nil
}

// addExpression adds an object with one key, the name of the comparison.
func (f *field) addExpression(n node) error {
	if len(n.keys) == 0 {
		return refuse(n, "Match expression name not found")
	}
	name, value := n.keys[0], n.items[0]
	if name == "exists" {
		return f.addExists(n, value)
	}
	parse, ok := comparisons[name]
	if !ok {
		return refuse(value, "Unrecognized match type %s", name)
	}
	m, err := parse(value)
	if err != nil {
		return err
	}
	if len(n.keys) > 1 {
		return refuse(n, "Only one key allowed in match expression")
	}
	f.matchers = append(f.matchers, m)
	return nil
}

func (f *field) addExists(n, value node) error {
	switch {
	case value.text == "true" && value.kind == 't':
		f.matchers = append(f.matchers, func(leaf) bool { return true })
	case value.text == "false" && value.kind == 't':
		f.absent = true
	default:
		return refuse(value, "exists match pattern must be either true or false.")
	}
	if len(n.keys) > 1 {
		return refuse(n, "Only one key allowed in match expression")
	}
	return nil
}

// comparisons maps names to parsers of a match expression's value.
var comparisons = map[string]func(node) (matcher, error){
	"anything-but":       parseAnythingBut,
	"cidr":               parseCIDR,
	"equals-ignore-case": textual("equals-ignore-case", equalsIgnoreCase),
	"exactly":            textual("exact", exactly),
	"numeric":            parseNumeric,
	"prefix":             foldable("prefix", "Prefix", prefix, prefixIgnoreCase),
	"suffix":             foldable("suffix", "Suffix", suffix, suffixIgnoreCase),
	"wildcard":           parseWildcard,
}

// textual parses a comparison with a string.
func textual(name string, compare func(string) matcher) func(node) (matcher, error) {
	return func(n node) (matcher, error) {
		if n.kind != '"' {
			return nil, refuse(n, "%s match pattern must be a string", name)
		}
		return compare(n.text), nil
	}
}

// foldable parses a comparison with a string or with {"equals-ignore-case": string}.
func foldable(name, title string, compare, fold func(string) matcher) func(node) (matcher, error) {
	plain := textual(name, compare)
	return func(n node) (matcher, error) {
		switch {
		case n.kind != '{':
			return plain(n)
		case len(n.keys) == 0:
			return nil, refuse(n, "%s expression name not found", title)
		case n.keys[0] != "equals-ignore-case":
			return nil, refuse(n, "Unsupported %s pattern: %s", name, n.keys[0])
		case n.items[0].kind != '"':
			return nil, refuse(n.items[0], "equals-ignore-case match pattern must be a string")
		case len(n.keys) > 1:
			return nil, refuse(n, "Only one key allowed in match expression")
		}
		return fold(n.items[0].text), nil
	}
}
