package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// mendChoiceFlags choose drifts of a report.
type mendChoiceFlags struct {
	drifts   []string
	kinds    []string
	groups   []string
	severity string
}

func (f *mendChoiceFlags) add(cmd *cobra.Command) {
	var kinds []string
	for _, k := range drift.Kinds() {
		kinds = append(kinds, string(k))
	}
	severities := slices.DeleteFunc(severityNames(), func(name string) bool { return name == never })
	flags := cmd.Flags()
	flags.StringSliceVar(&f.drifts, "drift", nil, "`ids` of drifts, or their first 8 characters or more")
	flags.StringSliceVar(&f.kinds, "kind", nil, "`kinds` of drifts, such as unexpected")
	flags.Var(checked(&f.severity, "severity", oneOf(severities...)), "severity",
		"lowest severity: informational, low, medium, high or critical")
	complete(cmd, "drift")
	complete(cmd, "kind", kinds...)
	complete(cmd, "severity", severities...)
}

// given reports whether any of the flags is given.
func (f *mendChoiceFlags) given() bool {
	return len(f.drifts)+len(f.kinds)+len(f.groups) > 0 || f.severity != ""
}

// driftPrefix matches the start of a drift's id.
var driftPrefix = regexp.MustCompile(`^[0-9a-f]{8,32}$`)

func (f *mendChoiceFlags) check() error {
	for _, id := range f.drifts {
		if !driftPrefix.MatchString(id) {
			return fmt.Errorf("--drift %q: want 8 to 32 hexadecimal digits in lower case, as a report prints them", id)
		}
	}
	for _, k := range f.kinds {
		if !slices.Contains(drift.Kinds(), drift.Kind(k)) {
			return fmt.Errorf("--kind %q: want a kind of drift such as unexpected: docs/audit.md lists them", k)
		}
	}
	return checkGroups(each(f.groups)...)
}

// choose returns the chosen drifts. It fails if an id names none of them, or several.
func (f *mendChoiceFlags) choose(all []drift.Drift) (chosen []drift.Drift, err error) {
	named := make(map[string]bool)
	for _, id := range f.drifts {
		var found []string
		for _, d := range all {
			if strings.HasPrefix(d.ID, id) {
				found = append(found, d.ID)
			}
		}
		if len(found) != 1 {
			return nil, fmt.Errorf("--drift %s: %d of %d drifts have an id that begins so: want one; "+
				"it may be closed by now, so audit again", id, len(found), len(all))
		}
		named[found[0]] = true
	}
	var least drift.Severity
	if f.severity != "" {
		must(least.UnmarshalText([]byte(f.severity)))
	}
	for _, d := range all {
		if (len(f.drifts) == 0 || named[d.ID]) && (len(f.kinds) == 0 || slices.Contains(f.kinds, string(d.Kind))) &&
			(len(f.groups) == 0 || slices.Contains(f.groups, d.Group.ID)) && d.Severity >= least {
			chosen = append(chosen, d)
		}
	}
	return chosen, nil
}
