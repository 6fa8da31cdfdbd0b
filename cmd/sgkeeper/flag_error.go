package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagError returns a flag's error in the common form: the flag, the value and the allowed
// values.
func flagError(cmd *cobra.Command, err error) error {
	invalid, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
	}
	want := invalid.Unwrap()
	if text, ok := wants[invalid.GetFlag().Value.Type()]; ok {
		want = errors.New(text)
	}
	return fmt.Errorf("--%s %q: %w; see %s --help", invalid.GetFlag().Name, invalid.GetValue(), want, cmd.CommandPath())
}

// wants are the allowed values of flags of the library's own types.
var wants = map[string]string{
	"bool": "want true or false", "int": "want a whole number", "uint64": "want a whole number from 0 on",
	"duration": "want a duration such as 90s, 5m or 12h",
}

// Cobra's annotations for required and exclusive flags. Cobra would check both with messages
// of its own.
const (
	requiredFlag   = cobra.BashCompOneRequiredFlag
	exclusiveFlags = "cobra_annotation_mutually_exclusive"
)

// checkFlags fails if a required flag is absent, or if exclusive flags are given together.
func checkFlags(cmd *cobra.Command) error {
	var absent []string
	var together error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if len(f.Annotations[requiredFlag]) > 0 && !f.Changed {
			absent = append(absent, "--"+f.Name)
		}
		for _, group := range f.Annotations[exclusiveFlags] {
			together = cmp.Or(together, exclusive(cmd, strings.Fields(group)))
		}
	})
	if len(absent) > 0 {
		return fmt.Errorf("%s: absent, and required; see %s --help", strings.Join(absent, ", "), cmd.CommandPath())
	}
	return together
}

// exclusive fails if more than one flag of a group is given.
func exclusive(cmd *cobra.Command, names []string) error {
	given := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !cmd.Flags().Changed(name) })
	if len(given) < 2 {
		return nil
	}
	return fmt.Errorf("--%s: want one of them", strings.Join(given, " and --"))
}
