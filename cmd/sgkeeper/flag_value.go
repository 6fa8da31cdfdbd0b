package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

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
