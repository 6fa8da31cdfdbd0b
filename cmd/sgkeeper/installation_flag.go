package main

import (
	"cmp"
	"os"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/plan"
)

// installationFlag says which installation's rules are sgkeeper's own.
type installationFlag struct{ identity string }

func (f *installationFlag) add(cmd *cobra.Command, help string) {
	cmd.Flags().StringVar(&f.identity, "installation", "", help)
	complete(cmd, "installation")
}

// given is the identity that the flag or the environment names; "" where neither
// does.
func (f *installationFlag) given() plan.Installation {
	return plan.Installation(cmp.Or(f.identity, os.Getenv("SGKEEPER_INSTALLATION")))
}

// of is the identity that is given, or the one that the installation with that
// table has by default.
func (f *installationFlag) of(account, region, table string) plan.Installation {
	return cmp.Or(f.given(), plan.DefaultInstallation(account, region, table))
}
