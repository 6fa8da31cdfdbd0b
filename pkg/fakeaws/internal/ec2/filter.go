package ec2

import (
	"maps"
	"slices"
	"strings"
)

// filter selects resources by a property: it accepts any of the values. Values may contain the
// wildcards * and ?.
type filter struct {
	name   string
	values []string
	exact  map[string]bool // the values, if none contains a wildcard
}

func newFilter(name string, values []string) filter {
	f := filter{name: name, values: values, exact: make(map[string]bool, len(values))}
	for _, v := range values {
		if strings.ContainsAny(v, `*?\`) {
			f.exact = nil
			break
		}
		f.exact[v] = true
	}
	return f
}

// maxFilterValues is EC2's limit for one call: "you can specify up to 50 filters and up to 200
// values per filter in a single request" ["List and filter using the CLI and API"]. Here it
// bounds all values together, which is the cautious reading [?].
const maxFilterValues = 200

func (p params) filters() ([]filter, error) {
	var all []filter
	total := 0
	for _, f := range p.list("Filter") {
		values := f.texts("Value")
		if f.text("Name") == "" || len(values) == 0 {
			return nil, failf("InvalidParameterValue", "The filter '%s' has no name or no values", f.text("Name"))
		}
		total += len(values)
		all = append(all, newFilter(f.text("Name"), values))
	}
	if total > maxFilterValues {
		return nil, failf("FilterLimitExceeded", "The maximum number of filter values specified on a single call is %d",
			maxFilterValues)
	}
	return all, nil
}

// selects reports whether every filter accepts one of the values of its property. It fails if
// property does not know a filter's name.
func selects(filters []filter, property func(name string) (values []string, known bool)) (bool, error) {
	chosen := true
	for _, f := range filters {
		values, known := property(f.name)
		if !known {
			return false, failf("InvalidParameterValue", "The filter '%s' is invalid", f.name)
		}
		chosen = chosen && f.accepts(values)
	}
	return chosen, nil
}

func (f filter) accepts(values []string) bool {
	return slices.ContainsFunc(values, func(v string) bool {
		if f.exact != nil {
			return f.exact[v]
		}
		return slices.ContainsFunc(f.values, func(pattern string) bool { return wildcard(pattern, v) })
	})
}

// wildcard matches like EC2's filters: * is any text, ? is any character, and a backslash
// quotes the next character.
func wildcard(pattern, text string) bool {
	if pattern == "" {
		return text == ""
	}
	switch head := pattern[0]; {
	case head == '*':
		return wildcard(pattern[1:], text) || text != "" && wildcard(pattern, text[1:])
	case text == "":
		return false
	case head == '?':
		return wildcard(pattern[1:], text[1:])
	case head == '\\' && len(pattern) > 1:
		return pattern[1] == text[0] && wildcard(pattern[2:], text[1:])
	default:
		return head == text[0] && wildcard(pattern[1:], text[1:])
	}
}

// tagProperty returns the values for the filters tag:KEY and tag-key.
func tagProperty(name string, tags map[string]string) ([]string, bool) {
	if name == "tag-key" {
		return slices.Collect(maps.Keys(tags)), true
	}
	key, ok := strings.CutPrefix(name, "tag:")
	if !ok {
		return nil, false
	}
	if value, has := tags[key]; has {
		return []string{value}, true
	}
	return nil, true
}
