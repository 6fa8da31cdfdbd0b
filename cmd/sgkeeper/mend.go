package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/mend"
)

// mendFlags are the flags of `sgkeeper mend`.
type mendFlags struct {
	aws    awsFlags
	table  tableFlags
	policy auditPolicyFlags
	choice mendChoiceFlags

	report   string
	undo     string
	undoFile string
	dryRun   bool
	yes      bool
	force    bool
}

func newMend() *cobra.Command {
	f := mendFlags{policy: auditPolicyFlags{guardrails: builtinGuard}}
	cmd := &cobra.Command{
		Use:               "mend [--report FILE] [--drift ID,... | --kind KIND,...] | --undo FILE",
		Short:             "Repair drifts that an audit found, and undo that",
		Long:              mendLong,
		Example:           mendExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	f.choice.add(cmd)
	f.table.addGroups(cmd, &f.choice.groups, "")
	flags.StringVar(&f.report, "report", "",
		"`file` with an audit's JSON report that has the drifts; without it, the command audits; - is standard input")
	flags.StringVar(&f.undo, "undo", "", "undo `file` of an earlier mend: gives its groups their former rules again")
	flags.StringVar(&f.undoFile, "undo-file", "",
		"`file` to write the former rules to; it must not exist; by default sgkeeper-undo-<time>.json")
	flags.BoolVar(&f.dryRun, "dry-run", false, "print the plan, and change nothing")
	flags.BoolVar(&f.yes, "yes", false, "change without a confirmation")
	flags.BoolVar(&f.force, "against-guardrails", false,
		"with --undo: also restore rules that the guardrails refuse")
	f.policy.add(cmd)
	f.table.add(cmd)
	f.aws.add(cmd)
	cmd.MarkFlagsMutuallyExclusive("undo", "report")
	cmd.MarkFlagsMutuallyExclusive("undo", "undo-file")
	cmd.MarkFlagsMutuallyExclusive("dry-run", "yes")
	for _, name := range []string{"report", "undo", "undo-file"} {
		must(cmd.MarkFlagFilename(name, "json"))
	}
	return cmd
}

func (f *mendFlags) check() error {
	switch {
	case f.undo != "" && f.choice.given():
		return errors.New("--undo takes a whole file: leave out --drift, --kind, --severity and --group")
	case f.undo == "" && f.force:
		return errors.New("--against-guardrails needs --undo: mend itself never opens what the guardrails refuse")
	case f.undo == "" && f.yes && !f.choice.given():
		return errors.New("--yes confirms nothing: choose drifts by --drift, --kind, --severity or --group")
	case f.undo == "" && f.report == "" && f.table.name() == "":
		return fmt.Errorf("%w; or give --report, an audit's JSON report", errNoTable)
	}
	return f.choice.check()
}

func (f *mendFlags) run(cmd *cobra.Command) error {
	if err := f.check(); err != nil {
		return err
	}
	s := &source{stdin: cmd.InOrStdin()}
	policy, err := f.policy.read(s, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	c, err := f.aws.load(cmd.Context())
	if err != nil {
		return err
	}
	if err := f.table.identify(cmd.Context(), c, each(f.choice.groups)...); err != nil {
		return err
	}
	m, err := f.mender(cmd, c, policy)
	if err != nil {
		return f.table.remedy(c, err)
	}
	if f.undo != "" {
		err = m.undo(cmd.Context(), s, f.undo, f.force)
	} else {
		err = m.find(cmd, f, s, policy)
	}
	if err != nil {
		return f.table.remedy(c, err)
	}
	return f.perform(cmd, m)
}

// mending is one run of the command.
type mending struct {
	mend.Mender
	place    drift.Group // the account and Region of the credentials
	jobs     []*mend.Job
	gone     []drift.Drift // of the report, and not found any more
	done     bool          // the jobs were performed
	undoFile string        // that was written
	again    string        // the flags of this run that an undo needs, for a shell
}

// mender returns the run, with this command's clients. Without a table there is no lease.
func (f *mendFlags) mender(cmd *cobra.Command, c aws.Config, p drift.Policy) (*mending, error) {
	owner, err := f.table.owner(cmd.Context(), c)
	if err != nil {
		return nil, err
	}
	m := &mending{Mender: mend.Mender{Groups: ec2sg.New(ec2.NewFromConfig(c)), Policy: p}}
	m.place.Account, m.place.Region = owner, c.Region
	if f.table.name() == "" {
		m.Policy.Installation = string(f.policy.installation.given())
		return m, nil
	}
	m.again = " --table " + shellWord(f.table.name())
	m.Policy.Installation = string(f.policy.installation.of(owner, c.Region, f.table.name()))
	table, err := f.table.open(c)
	m.Table = table
	return m, err
}

// perform shows the plan, asks, writes the undo file, and performs the jobs.
func (f *mendFlags) perform(cmd *cobra.Command, m *mending) error {
	if m.Table == nil {
		fmt.Fprintln(cmd.ErrOrStderr(), "note: without --table no lease is taken, so sgkeeper may write to a "+
			"group at the same time; and rules that mend opens do not become sgkeeper's")
	}
	if f.dryRun || m.steps() == 0 {
		return m.print(cmd)
	}
	if !f.yes {
		question := "Change them?"
		if m.steps() == 1 {
			question = "Change it?"
		}
		if yes, err := confirmed(cmd, m.text(cmd.ErrOrStderr()), question); err != nil {
			return err
		} else if !yes {
			return errNotResumed
		}
	}
	if f.undo == "" {
		if err := m.writeUndo(f.undoFile, time.Now()); err != nil {
			return fmt.Errorf("nothing is changed: the undo file cannot be written: %w", err)
		}
	}
	m.done = true
	for _, j := range m.jobs {
		m.Perform(cmd.Context(), j)
	}
	return m.print(cmd)
}

// steps counts the planned steps.
func (m *mending) steps() (n int) {
	for _, j := range m.jobs {
		n += len(j.Plan.Steps)
	}
	return n
}
