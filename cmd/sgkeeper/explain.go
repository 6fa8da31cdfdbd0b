package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/explain"
)

// explainFlags are the flags of `sgkeeper explain`.
type explainFlags struct {
	aws          awsFlags
	table        tableFlags
	ask          explainQuestion
	group        string
	rules        string
	claims       string
	installation installationFlag
	quota        quotaFlags
}

func newExplain() *cobra.Command {
	var f explainFlags
	cmd := &cobra.Command{
		Use:               "explain --group SG --port PORTS",
		Short:             "Say why a port of a security group is open, or closed",
		Long:              explainLong,
		Example:           explainExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	f.add(cmd)
	return cmd
}

func (f *explainFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.group, "group", "", "`id` of the security group, sg-...")
	f.ask.add(cmd)
	flags.StringVar(&f.rules, "rules", "", "`file` with what stands in the group, as of plan: then no AWS is asked; - is standard input")
	flags.StringVar(&f.claims, "claims", "", "`file` with what is asked for, as sgkeeper claims --all --output json prints it; needs --rules")
	f.installation.add(cmd, "`identity` of the installation whose rules are sgkeeper's own; by default $SGKEEPER_INSTALLATION, or <account>/<Region>/<table>")
	f.quota.add(cmd)
	f.table.add(cmd)
	f.aws.add(cmd)
	must(cmd.MarkFlagRequired("group"))
	cmd.MarkFlagsMutuallyExclusive("rules", "table")
	for _, name := range []string{"rules", "claims"} {
		must(cmd.MarkFlagFilename(name, "json"))
	}
	complete(cmd, "group")
}

func (f *explainFlags) run(cmd *cobra.Command) error {
	questions, err := f.check()
	if err != nil {
		return err
	}
	group, err := f.read(cmd)
	if err != nil {
		return err
	}
	e := explained{Group: f.group, Unclaimed: f.rules != "" && f.claims == ""}
	for _, q := range questions {
		e.Answers = append(e.Answers, answered{q, group.About(q)})
	}
	if outputOf(cmd) == jsonFormat {
		return console.WriteJSON(cmd.OutOrStdout(), e.json())
	}
	return e.print(cmd.OutOrStdout())
}

func (f *explainFlags) check() ([]explain.Question, error) {
	if err := checkGroupIDs(f.group); err != nil {
		return nil, err
	}
	switch {
	case f.claims != "" && f.rules == "":
		return nil, errors.New("--claims needs --rules: what stands in the group, from a file too")
	case f.claims != "" && f.installation.given() == "":
		return nil, errors.New("--claims needs --installation: the identity on the tag sgkeeper:installation of the rules that are sgkeeper's own")
	case f.rules == "" && f.table.name() == "":
		return nil, fmt.Errorf("%w; or give --rules, to ask no AWS", errNoTable)
	}
	return f.ask.questions(f.group)
}

// read reads the group, from files or in the account.
func (f *explainFlags) read(cmd *cobra.Command) (g explain.Group, err error) {
	if g.Quota, err = f.quota.quota(); err != nil {
		return g, err
	}
	if f.rules != "" {
		return f.offline(&source{stdin: cmd.InOrStdin()}, cmd.ErrOrStderr(), g)
	}
	c, err := f.aws.load(cmd.Context())
	if err != nil {
		return g, err
	}
	g, err = f.online(cmd.Context(), c, g)
	return g, f.table.remedy(c, err)
}

// offline reads the group from files, with a note where one does not name it.
func (f *explainFlags) offline(s *source, notes io.Writer, g explain.Group) (explain.Group, error) {
	g.Owner = f.installation.given()
	groups, complete, err := s.groups(f.rules)
	if err != nil {
		return g, fmt.Errorf("--rules %s: %w", f.rules, err)
	}
	found := false
	for _, snapshot := range groups {
		if snapshot.ID == f.group {
			g.Entries, found = snapshot.Entries, true
		}
	}
	switch {
	case complete && !found:
		return g, fmt.Errorf("--group %s: it is not among the groups of %s", f.group, f.rules)
	case !found:
		fmt.Fprintf(notes, "note: %s is not in %s: taken for a group without rules\n", f.group, printable(f.rules))
	}
	if f.claims == "" {
		return g, nil
	}
	claims, err := s.claimsFile(f.claims)
	for _, r := range claims.refusals {
		if r.Group.ID == f.group {
			g.Refusals = append(g.Refusals, r)
		}
	}
	for _, r := range claims.requests {
		if r.Group.ID == f.group {
			g.Requests = append(g.Requests, r)
		}
	}
	if err != nil {
		err = fmt.Errorf("--claims %s: %w", f.claims, err)
	}
	return g, err
}

// online reads the group in the account: the table first, so that what is asked
// for and not there was asked for before the group was looked at.
func (f *explainFlags) online(ctx context.Context, c aws.Config, g explain.Group) (explain.Group, error) {
	g.Now = time.Now()
	table, err := f.table.open(c)
	if err != nil {
		return g, err
	}
	group, err := f.table.group(ctx, c, f.group)
	if err != nil {
		return g, err
	}
	g.Owner = f.installation.of(group.Account, group.Region, f.table.name())
	asked, err := table.Load(ctx, group)
	if err != nil {
		return g, err
	}
	g.Requests, g.Head, g.Ledger = asked.Requests, asked.Head, asked.Ledger
	if g.Refusals, err = table.RefusalsOn(ctx, group, time.Time{}); err != nil {
		return g, err
	}
	g.Entries, err = ec2sg.New(ec2.NewFromConfig(c)).Rules(ctx, group)
	return g, err
}
