package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// accountFlag is an account's id, or "" where none is given. It is a flag's value.
type accountFlag string

var errNoAccount = errors.New("want 12 digits")

// String implements pflag.Value.
func (f *accountFlag) String() string { return string(*f) }

// Type implements pflag.Value.
func (f *accountFlag) Type() string { return "account" }

// Set implements pflag.Value.
func (f *accountFlag) Set(s string) error {
	if !secgroup.IsAccount(s) {
		return errNoAccount
	}
	*f = accountFlag(s)
	return nil
}

// launchFlag is the name of a launch to look for, or "" where none is given. It is
// a flag's value.
type launchFlag string

// String implements pflag.Value.
func (f *launchFlag) String() string { return string(*f) }

// Type implements pflag.Value.
func (f *launchFlag) Type() string { return "launch" }

// Set implements pflag.Value.
func (f *launchFlag) Set(s string) error {
	if !events.IsLaunchName(s) {
		return errors.New("want a letter or digit, then up to 127 of letters, digits and ._:/=+@-")
	}
	*f = launchFlag(s)
	return nil
}

// noArguments is which arguments most commands take.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument %q: want flags alone; see %s --help", args[0], cmd.CommandPath())
	}
	return nil
}
