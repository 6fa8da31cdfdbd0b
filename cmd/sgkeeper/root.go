package main

import "github.com/spf13/cobra"

const rootLong = `sgkeeper keeps AWS security groups exactly as the launches that use them asked.

A launch publishes an event that says which ports it needs on which group; the
ensure function opens what is missing, once, however many launches race.

plan shows offline what the function would do. open and close ask it to open ports
and to close them again. audit reports every difference between what was asked and
what is there; claims prints what is asked for, history what was, leases who is at
work on it, and explain why a port is open or closed. freeze has sgkeeper keep its hands off a
group until thaw. resume lets it revoke again after its table was restored.

AWS is found as by the AWS CLI: --profile or AWS_PROFILE, --region or AWS_REGION or the
profile's, --endpoint-url or AWS_ENDPOINT_URL, and the configuration files. Results go
to standard output, as text or with --json as JSON; all else goes to standard error.
NO_COLOR takes the colours away, which only a terminal gets.

Exit codes: 0 all is well, 1 an error or a refusal, and of plan and audit alone 2: there
is something to do.`

// newRoot returns the program's command, with all others below it.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "sgkeeper",
		Short:         "Keep AWS security groups exactly as launches asked",
		Long:          rootLong,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	addOutputFlag(root)
	root.AddCommand(
		newPlan(), newOpen(), newClose(), newAudit(), newClaims(), newHistory(), newLeases(), newExplain(),
		newGuard(), newAdopt(), newFreeze(), newThaw(), newResume(), newRotate(), newDemo(), newLocal(), newVersion(),
	)
	return root
}
