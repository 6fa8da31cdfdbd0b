package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// checkedFlag is a flag's value: a text that is checked when it is set.
type checkedFlag[T ~string] struct {
	value *T
	kind  string // its name in the help
	check func(string) error
}

func checked[T ~string](value *T, kind string, check func(string) error) *checkedFlag[T] {
	return &checkedFlag[T]{value, kind, check}
}

// String implements pflag.Value.
func (f *checkedFlag[T]) String() string { return string(*f.value) }

// Type implements pflag.Value.
func (f *checkedFlag[T]) Type() string { return f.kind }

// Set implements pflag.Value.
func (f *checkedFlag[T]) Set(s string) error {
	if err := f.check(s); err != nil {
		return err
	}
	*f.value = T(s)
	return nil
}

// oneOf checks that a text is one of two or more names.
func oneOf(names ...string) func(string) error {
	return func(s string) error {
		if slices.Contains(names, s) {
			return nil
		}
		last := len(names) - 1
		return fmt.Errorf("want %s or %s", strings.Join(names[:last], ", "), names[last])
	}
}

func checkAccount(s string) error {
	if !secgroup.IsAccount(s) {
		return errors.New("want 12 digits")
	}
	return nil
}

func checkLaunch(s string) error {
	if !events.IsLaunchName(s) {
		return errors.New("want a letter or digit, then up to 127 of letters, digits and ._:/=+@-")
	}
	return nil
}

// noArguments fails if a command gets arguments.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument %q: want flags alone; see %s --help", args[0], cmd.CommandPath())
	}
	return nil
}

// timeFlag is a flag's value: a point in time.
type timeFlag struct{ at *time.Time }

// String implements pflag.Value. It returns "" for the zero time.
func (f timeFlag) String() string {
	if f.at == nil || f.at.IsZero() {
		return ""
	}
	return f.at.Format(time.RFC3339Nano)
}

// Type implements pflag.Value.
func (f timeFlag) Type() string { return "time" }

// Set implements pflag.Value.
func (f timeFlag) Set(s string) (err error) {
	*f.at, err = parseTime(s)
	return err
}

// parseTime reads an RFC 3339 time.
func parseTime(s string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, errors.New("want a time such as 2031-12-01T00:00:00Z")
	}
	return at, nil
}

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

// checkFlags fails if a required flag is absent, if exclusive flags are given together, or if a list
// or a file is given without a value.
func checkFlags(cmd *cobra.Command) error {
	var absent []string
	var together, empty error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed && isEmpty(f) {
			empty = cmp.Or(empty, fmt.Errorf(
				`--%s "": it is empty, and not the same as no --%[1]s: give a value, or leave it out`, f.Name))
		}
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
	return cmp.Or(together, empty)
}

// isEmpty reports whether a list or the name of a file is empty, as from --group "$UNSET". It would choose
// everything, or another input.
func isEmpty(f *pflag.Flag) bool {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return len(list.GetSlice()) == 0 || slices.Contains(list.GetSlice(), "")
	}
	name, _ := pflag.UnquoteUsage(f)
	return name == "file" && f.Value.String() == ""
}

// exclusive fails if more than one flag of a group is given.
func exclusive(cmd *cobra.Command, names []string) error {
	given := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !cmd.Flags().Changed(name) })
	if len(given) < 2 {
		return nil
	}
	return fmt.Errorf("--%s: want one of them", strings.Join(given, " and --"))
}
