package ec2

import (
	"maps"
	"slices"
	"strings"
)

// filter selects resources by a property: any of its values, which may hold the
// wildcards * and ?.
type filter struct {
	name   string
	values []string
	exact  map[string]bool // the values, where none of them holds a wildcard
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

// maxFilterValues is what EC2 allows in one call: "you can specify up to 50
// filters and up to 200 values per filter in a single request" ["List and filter
// using the CLI and API"]. All values together are counted, the cautious
// reading [?].
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
		return nil, failf("FilterLimitExceeded", "The maximum number of filter values specified on a single call is %d", maxFilterValues)
	}
	return all, nil
}

// selects reports whether every filter accepts one of the properties that
// property tells of its name; known is false for a filter that does not exist.
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

// wildcard matches as EC2's filters do: * is any text, ? any character, and a
// backslash takes the next one as it is.
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

// tagProperty answers the filters tag:KEY and tag-key.
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
