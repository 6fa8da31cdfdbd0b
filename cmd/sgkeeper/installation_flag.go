package main

import (
	"cmp"
	"os"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
)

// installationFlag is the identity on the tags of sgkeeper's own rules.
type installationFlag struct{ identity string }

func (f *installationFlag) add(cmd *cobra.Command, help string) {
	cmd.Flags().StringVar(&f.identity, "installation", "", help)
	complete(cmd, "installation")
}

// given returns the identity in the flag or the environment; "" if there is none.
func (f *installationFlag) given() plan.Installation {
	return plan.Installation(cmp.Or(f.identity, os.Getenv("SGKEEPER_INSTALLATION")))
}

// of returns the given identity or, without one, the default of the installation with that
// table.
func (f *installationFlag) of(account, region, table string) plan.Installation {
	return cmp.Or(f.given(), plan.DefaultInstallation(account, region, table))
}
