package main

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"
)

// format is the format of a result.
type format string

const (
	textFormat format = "text"
	jsonFormat format = "json"
)

var formats = []string{string(textFormat), string(jsonFormat)}

// addOutputFlag adds the flag --output to a command and its subcommands.
func addOutputFlag(cmd *cobra.Command) {
	f := textFormat
	cmd.PersistentFlags().Var(checked(&f, "format", oneOf(formats...)), "output",
		"how results are printed: text or json")
	complete(cmd, "output", formats...)
	cmd.PersistentFlags().Bool("json", false, "short for --output json")
	cmd.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return cmp.Or(checkFlags(cmd), takeJSON(cmd)) }
}

// takeJSON makes --json a short form of --output json.
func takeJSON(cmd *cobra.Command) error {
	output := cmd.Flag("output")
	switch {
	case cmd.Flag("json").Value.String() != "true":
		return nil
	case output.Changed && output.Value.String() != string(jsonFormat):
		return fmt.Errorf("--json and --output %s: want one of them", output.Value)
	}
	if output.Value.String() == string(jsonFormat) {
		return nil
	}
	return output.Value.Set(string(jsonFormat))
}

// outputOf returns the value of --output.
func outputOf(cmd *cobra.Command) format { return format(cmd.Flag("output").Value.String()) }

// complete lets the shell complete a flag's values.
func complete(cmd *cobra.Command, flag string, values ...string) {
	must(cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
}

// must panics on an error that only a mistake in this program can cause.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
