package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/guardfile"
)

// newGuard returns the parent of the commands about guardrails.
func newGuard() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "guard",
		Short: "Check guardrails, and end requests that they no longer allow",
		Long:  guardLong,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newGuardCheck(), newGuardEvict(), newGuardSchema())
	return cmd
}

func newGuardSchema() *cobra.Command {
	return &cobra.Command{
		Use:               "schema",
		Example:           "  sgkeeper guard schema > guardrails.schema.json",
		Short:             "Print the JSON Schema of a guardrails file",
		Long:              "Print the JSON Schema (2020-12) of a guardrails file, for editors and pipelines. It stands\nby itself: the schema of rules is within it.",
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := guardfile.Schema()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), string(text))
			return err
		},
	}
}
