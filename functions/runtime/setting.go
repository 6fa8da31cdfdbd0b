package runtime

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// Prefix begins the name of every setting in the environment.
const Prefix = "SGKEEPER_"

// Setting is one environment variable that configures a function with a configuration C.
type Setting[C any] struct {
	Name    string // the variable's name
	Default string // "" means no value
	Help    string // in Markdown
	Set     func(*C, string) error
}

// NewSetting returns a setting.
func NewSetting[C any](name, value, help string, set func(*C, string) error) Setting[C] {
	return Setting[C]{Name: name, Default: value, Help: help, Set: set}
}

// Load reads a configuration from variables in the form of os.Environ. The error names every
// wrong variable and the values allowed. An unknown variable that begins with Prefix, in any
// case, is wrong too. An empty variable has its default.
func Load[C any](settings []Setting[C], environ []string) (c C, err error) {
	given := make(map[string]string)
	for _, variable := range environ {
		if name, value, ok := strings.Cut(variable, "="); ok && strings.HasPrefix(strings.ToUpper(name), Prefix) {
			given[name] = value
		}
	}
	var faults []error
	for _, s := range settings {
		value := given[s.Name]
		delete(given, s.Name)
		if value == "" {
			value = s.Default
		}
		if err := s.Set(&c, value); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", s.Name, err))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		faults = append(faults, fmt.Errorf("%q: there is no such setting; the nearest is %s", name,
			nearest(name, settings)))
	}
	return c, errors.Join(faults...)
}

// nearest returns the setting with the most similar name, regardless of case.
func nearest[C any](name string, settings []Setting[C]) string {
	name = strings.ToUpper(name)
	distance := func(s Setting[C]) int { return levenshtein.Distance(name, s.Name, nil) }
	return slices.MinFunc(settings, func(a, b Setting[C]) int { return distance(a) - distance(b) }).Name
}
