package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/explain"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
)

// explainFlags are the flags of `sgkeeper explain`.
type explainFlags struct {
	aws          awsFlags
	table        tableFlags
	ask          explainQuestion
	group        string
	rules        string
	claims       string
	installation string
	limit        int
}

func newExplain() *cobra.Command {
	var f explainFlags
	cmd := &cobra.Command{
		Use:               "explain --group SG --port PORTS",
		Short:             "Say why a port of a security group is open, or closed",
		Long:              explainLong,
		Example:           explainExample,
		Args:              cobra.NoArgs,
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
	flags.StringVar(&f.installation, "installation", "", "`identity` of the installation whose rules are sgkeeper's own; by default $SGKEEPER_INSTALLATION, or <account>/<Region>/<table>")
	flags.IntVar(&f.limit, "limit", plan.DefaultLimit, "`rules` a group may hold, for each direction and address family (EC2 quota L-0EA8095F)")
	f.table.add(cmd)
	f.aws.add(cmd)
	must(cmd.MarkFlagRequired("group"))
	cmd.MarkFlagsMutuallyExclusive("rules", "table")
	for _, name := range []string{"rules", "claims"} {
		must(cmd.MarkFlagFilename(name, "json"))
	}
	for _, name := range []string{"group", "installation", "limit"} {
		complete(cmd, name)
	}
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
	e := explained{Group: f.group}
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
	case f.claims != "" && f.owner() == "":
		return nil, errors.New("--claims needs --installation: the identity on the tag sgkeeper:installation of the rules that are sgkeeper's own")
	case f.rules == "" && f.table.name() == "":
		return nil, fmt.Errorf("%w; or give --rules, to ask no AWS", errNoTable)
	case f.limit < 1 || f.limit > 1000:
		return nil, fmt.Errorf("--limit %d: want 1 to 1000", f.limit)
	}
	return f.ask.questions(f.group)
}

func (f *explainFlags) owner() string {
	return cmp.Or(f.installation, os.Getenv("SGKEEPER_INSTALLATION"))
}

func (f *explainFlags) read(cmd *cobra.Command) (explain.Group, error) {
	if f.rules != "" {
		return f.offline(&source{stdin: cmd.InOrStdin()})
	}
	c, err := f.aws.load(cmd.Context())
	if err != nil {
		return explain.Group{}, err
	}
	group, err := f.online(cmd.Context(), c)
	return group, f.table.explain(c, err)
}

// offline reads the group from files.
func (f *explainFlags) offline(s *source) (explain.Group, error) {
	g := explain.Group{Owner: plan.Installation(f.owner()), Quota: plan.Quota{Limit: f.limit}}
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
	if complete && !found {
		return g, fmt.Errorf("--group %s: it is not among the groups of %s", f.group, f.rules)
	}
	if f.claims == "" {
		return g, nil
	}
	requests, _, err := s.claims(f.claims)
	for _, r := range requests {
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
func (f *explainFlags) online(ctx context.Context, c aws.Config) (explain.Group, error) {
	g := explain.Group{Quota: plan.Quota{Limit: f.limit}, Now: time.Now()}
	table, err := f.table.open(c)
	if err != nil {
		return g, err
	}
	groups, err := f.table.groups(ctx, c, f.group)
	if err != nil {
		return g, err
	}
	g.Owner = f.installationOf(groups[0])
	asked, err := table.Load(ctx, groups[0])
	if err != nil {
		return g, err
	}
	g.Requests, g.Head, g.Ledger = asked.Requests, asked.Head, asked.Ledger
	g.Entries, err = ec2sg.New(ec2.NewFromConfig(c)).Rules(ctx, groups[0])
	return g, err
}

// installationOf is the identity that the function gives its rules by default.
func (f *explainFlags) installationOf(g claim.Group) plan.Installation {
	return plan.Installation(cmp.Or(f.owner(), g.Account+"/"+g.Region+"/"+f.table.name()))
}
