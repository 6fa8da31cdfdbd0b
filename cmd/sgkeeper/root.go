package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

const rootLong = `sgkeeper keeps the rules of AWS security groups exactly as launches request them.

A launch publishes an event: these ports, on this group. The ensure function authorizes
the missing rules, once, however many launches race.

- plan shows offline what the function would do.
- open and close publish the events of a launch, and run does so around a command.
- audit reports every difference between requests and rules, and mend repairs them.
- claims prints live requests, and history all requests of the last 45 days.
- explain says why a port is open or closed, and leases which groups are being served.
- freeze stops all writes to a group until thaw.
- stop stops the functions until start.
- resume lets sgkeeper revoke again after its table was restored.
- trace checks recorded runs of the functions against the protocol.

The commands find AWS as the AWS CLI does: --profile or AWS_PROFILE, --region, AWS_REGION
or the profile's Region, --endpoint-url or AWS_ENDPOINT_URL, and the configuration files.
Results go to standard output, as text or with --json as JSON. Everything else goes to
standard error. Only a terminal gets colours; NO_COLOR removes them, and
FORCE_COLOR sets them elsewhere. On a narrow terminal, a table that does not fit is a
list for each row; COLUMNS sets the width.

Exit codes: 0 success; 1 an error or a refusal; 2 (plan and audit only) something to do.
run ends with the exit code of its command.`

// newRoot returns the root command with its subcommands.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "sgkeeper",
		Short:         "Keep AWS security groups exactly as launches request",
		Long:          rootLong,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	// cobra would print the version by a template. Code with templates makes the program three
	// times as large.
	asked := root.Flags().BoolP("version", "v", false, "version for sgkeeper")
	root.RunE = func(cmd *cobra.Command, _ []string) error {
		if !*asked {
			return cmd.Help()
		}
		_, err := fmt.Fprintln(cmd.OutOrStdout(), "sgkeeper", version())
		return err
	}
	root.SetFlagErrorFunc(flagError)
	addOutputFlag(root)
	root.AddCommand(
		newPlan(), newOpen(), newClose(), newWait(), newRun(), newAudit(), newMend(), newClaims(), newHistory(),
		newLeases(), newExplain(), newGuard(), newAdopt(), newFreeze(), newThaw(), newStop(), newStart(), newResume(),
		newRotate(), newTrace(), newDemo(), newLocal(), newVersion(),
	)
	return root
}
