package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/report"
)

// auditFlags are the flags of `sgkeeper audit`.
type auditFlags struct {
	aws     awsFlags
	table   tableFlags
	policy  auditPolicyFlags
	out     auditOutputFlags
	members auditMembersFlags

	groups   []string
	rules    rulesFlag
	claims   string
	previous string
	baseline string
	at       string
}

func newAudit() *cobra.Command {
	f := auditFlags{}
	cmd := &cobra.Command{
		Use:               "audit",
		Short:             "Report every difference between requests and rules",
		Long:              auditLong,
		Example:           auditExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	f.table.addGroups(cmd, &f.groups, "; by default all")
	f.rules.add(cmd, "`file` with the rules of groups, as for plan; then AWS is not called")
	flags.StringVar(&f.claims, "claims", "",
		"`file` with the requests, as sgkeeper claims --all --output json prints them; "+
			"needs --rules; without it, there "+
			"are no requests")
	flags.StringVar(&f.previous, "previous", "",
		"`file` with the JSON report of the previous audit, to tell new and closed drifts, and for the history")
	flags.StringVar(&f.baseline, "write-exceptions", "",
		"`file` to write a template to: exceptions for the foreign rules of the drifts, with owner, reason and expiry "+
			"to fill in; it must not exist")
	flags.StringVar(&f.at, "at", "",
		"`time` at which the files were saved, as 2031-12-01T00:00:00Z; by default now; needs --rules")
	f.members.add(cmd)
	f.policy.add(cmd)
	f.out.add(cmd)
	f.table.add(cmd)
	f.aws.add(cmd)
	cmd.MarkFlagsMutuallyExclusive("rules", "table")
	for _, name := range []string{"claims", "previous"} {
		must(cmd.MarkFlagFilename(name, "json"))
	}
	must(cmd.MarkFlagFilename("write-exceptions", "yaml", "yml"))
	complete(cmd, "at")
	cmd.AddCommand(newAuditDiff())
	return cmd
}

func (f *auditFlags) run(cmd *cobra.Command) error {
	at, err := f.check()
	if err != nil {
		return err
	}
	if err := f.out.check(); err != nil {
		return err
	}
	if err := f.checkBaseline(); err != nil {
		return err
	}
	found, err := f.audit(cmd, at)
	if err != nil {
		return err
	}
	err = f.out.write(cmd, found)
	if errors.Is(err, report.ErrNoPlace) {
		err = fmt.Errorf("%w: give --region, and --account if no file contains it", err)
	}
	if err == nil && f.baseline != "" {
		err = f.writeBaseline(cmd, found)
	}
	if err != nil {
		return err
	}
	return f.out.failOn.verdict(found.Counts())
}

// audit reads the files of the flags, and audits files or an account.
func (f *auditFlags) audit(cmd *cobra.Command, at time.Time) (*drift.Report, error) {
	s := &source{stdin: cmd.InOrStdin()}
	policy, err := f.policy.read(s)
	if err != nil {
		return nil, err
	}
	previous, err := f.before(s)
	if err != nil {
		return nil, err
	}
	if f.rules.given() {
		return f.offline(s, policy, previous, at)
	}
	return f.online(cmd, policy, previous)
}

// check checks the combination of flags, and returns the time of the audit.
func (f *auditFlags) check() (at time.Time, err error) {
	if err := checkGroups(each(f.groups)...); err != nil {
		return at, err
	}
	if err := f.members.check(); err != nil {
		return at, err
	}
	switch {
	case f.rules.given() && f.members.given():
		return at, errors.New("--member-accounts and --member-regions need --table: " +
			"files have the groups of all accounts")
	case len(f.groups) > 0 && f.members.given():
		return at, errors.New("--group is a group of the installation's own account and Region: leave out " +
			"--member-accounts and --member-regions, or give --account and --region")
	case !f.rules.given() && f.claims != "":
		return at, errors.New("--claims needs --rules, the rules of the groups from a file")
	case !f.rules.given() && f.at != "":
		return at, errors.New("--at needs --rules: an account is audited as it is now")
	case !f.rules.given() && f.table.name() == "":
		return at, fmt.Errorf("%w; or give --rules, to call no AWS API", errNoTable)
	case f.at == "":
		return time.Now(), nil
	}
	if at, err = parseTime(f.at); err != nil {
		return at, fmt.Errorf("--at %q: %w", f.at, err)
	}
	return at, nil
}

// before reads the report of the previous audit; nil if there is none.
func (f *auditFlags) before(s *source) (*drift.Report, error) {
	if f.previous == "" {
		return nil, nil
	}
	r, err := s.report(f.previous)
	if err != nil {
		err = fmt.Errorf("--previous %w", err)
	}
	return r, err
}
