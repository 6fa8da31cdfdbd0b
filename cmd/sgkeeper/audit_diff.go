package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/report"
)

func newAuditDiff() *cobra.Command {
	var f failOn
	cmd := &cobra.Command{
		Use:     "diff EARLIER LATER",
		Short:   "Compare two JSON reports: new, changed and closed drifts",
		Long:    auditDiffLong,
		Example: auditDiffExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return fmt.Errorf("found %s: want two JSON reports, the earlier one first",
					console.Count(len(args), "file", "files"))
			}
			return nil
		},
		ValidArgsFunction: cobra.FixedCompletions([]string{"json"}, cobra.ShellCompDirectiveFilterFileExt),
		RunE:              func(cmd *cobra.Command, args []string) error { return auditDiff(cmd, args[0], args[1], f) },
	}
	f.add(cmd)
	return cmd
}

// diffJSON is the output of `sgkeeper audit diff --output json`. No list in it is null.
type diffJSON struct {
	Earlier    diffedJSON      `json:"earlier"`
	Later      diffedJSON      `json:"later"`
	New        []drift.Drift   `json:"new"`
	Changed    []drift.Changed `json:"changed"`
	Closed     []drift.Drift   `json:"closed"`
	Unverified []drift.Drift   `json:"unverified"` // in groups that the later audit did not read
}

type diffedJSON struct {
	ID      string    `json:"id"`
	Started time.Time `json:"started"`
}

func auditDiff(cmd *cobra.Command, earlier, later string, f failOn) error {
	s := &source{stdin: cmd.InOrStdin()}
	before, err := s.report(earlier)
	if err != nil {
		return err
	}
	after, err := s.report(later)
	if err != nil {
		return err
	}
	if before.Installation != after.Installation {
		fmt.Fprintf(cmd.ErrOrStderr(), "note: the reports are of two installations, %q and %q\n",
			before.Installation, after.Installation)
	}
	if omitted := before.Omitted.Total() + after.Omitted.Total(); omitted > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "note: the reports leave out %d drifts, which are not compared\n", omitted)
	}
	d := drift.Between(before, after)
	if outputOf(cmd) == jsonFormat {
		err = console.WriteJSON(cmd.OutOrStdout(), diffJSON{
			diffedJSON{before.ID, before.Started}, diffedJSON{after.ID, after.Started},
			orEmpty(d.New), orEmpty(d.Changed), orEmpty(d.Closed), orEmpty(d.Unverified),
		})
	} else {
		err = report.WriteDifference(cmd.OutOrStdout(), d)
	}
	if err != nil {
		return err
	}
	return f.verdict(d.Worse())
}

// report reads the JSON report of an audit.
func (s *source) report(file string) (*drift.Report, error) {
	data, err := s.read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var r drift.Report
	if err = readJSON(data, &r); err == nil && r.ID == "" {
		err = errors.New("it has no id")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: want the output of sgkeeper audit --output json", file, err)
	}
	return &r, nil
}

const auditDiffLong = `Compare two reports of sgkeeper audit --output json. The command calls no AWS.

In the result, + is a new drift, ~ one with another severity or detail, - a closed one,
and ? one in a group that the later audit did not read. A rule whose drift has another
kind counts as closed and as new.

Exit codes: 0 no drift is new or more severe, or none of the severity of --fail-on or
above; 1 an error; 2 otherwise.`

const auditDiffExample = `  sgkeeper audit --table sgkeeper --file monday.json || test $? = 2
  sgkeeper audit --table sgkeeper --file friday.json || test $? = 2
  sgkeeper audit diff monday.json friday.json --fail-on high`
