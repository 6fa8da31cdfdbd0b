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

	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/explain"
)

// explainFlags are the flags of `sgkeeper explain`.
type explainFlags struct {
	aws          awsFlags
	table        tableFlags
	question     explainQuestion
	group        string
	rules        rulesFlag
	claims       string
	installation installationFlag
	quota        quotaFlags
}

func newExplain() *cobra.Command {
	var f explainFlags
	cmd := &cobra.Command{
		Use:               "explain --group SG --port PORTS",
		Short:             "Explain why a port of a security group is open or closed",
		Long:              explainLong,
		Example:           explainExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	f.table.addGroup(cmd, &f.group)
	f.question.add(cmd)
	f.rules.add(cmd, "`file` with the rules of the group, as for plan; then AWS is not called")
	flags.StringVar(&f.claims, "claims", "",
		"`file` with the requests, as sgkeeper claims --all --output json prints them; needs --rules")
	f.installation.add(cmd,
		"`identity` of the installation, to identify its rules; by default $SGKEEPER_INSTALLATION, or "+
			"<account>/<Region>/<table>")
	f.quota.add(cmd)
	f.table.add(cmd)
	f.aws.add(cmd)
	must(cmd.MarkFlagRequired("group"))
	cmd.MarkFlagsMutuallyExclusive("rules", "table")
	must(cmd.MarkFlagFilename("claims", "json"))
	return cmd
}

func (f *explainFlags) run(cmd *cobra.Command) error {
	if err := f.check(); err != nil {
		return err
	}
	var err error
	if f.question.from, err = f.question.me.resolve(cmd, f.question.from); err != nil {
		return err
	}
	if _, err := f.question.questions(f.group); err != nil {
		return err
	}
	known, err := f.read(cmd, time.Now())
	if err != nil {
		return err
	}
	questions, err := f.question.questions(f.group) // now its id is known
	if err != nil {
		return err
	}
	e := explained{Group: f.group, Unclaimed: f.rules.given() && f.claims == "", Missing: !known.Exists}
	for _, q := range questions {
		e.Answers = append(e.Answers, answered{q, explain.About(known.State, q, known.refusals...)})
	}
	if outputOf(cmd) == jsonFormat {
		return console.WriteJSON(cmd.OutOrStdout(), e.json())
	}
	return e.print(cmd.OutOrStdout())
}

func (f *explainFlags) check() error {
	if err := checkGroups(&f.group); err != nil {
		return err
	}
	switch {
	case f.claims != "" && !f.rules.given():
		return errors.New("--claims needs --rules, the rules of the group from a file")
	case f.claims != "" && f.installation.given() == "":
		return errors.New("--claims needs --installation: the identity on the tag sgkeeper:installation of the rules " +
			"that are sgkeeper's own")
	case !f.rules.given() && f.table.name() == "":
		return fmt.Errorf("%w; or give --rules, to call no AWS API", errNoTable)
	}
	return nil
}

// known is the input of an answer.
type known struct {
	group.State
	refusals []claim.Refusal // events about the group that did not become requests
}

// read reads the group's state at a time, from files or in the account.
func (f *explainFlags) read(cmd *cobra.Command, now time.Time) (k known, err error) {
	k.Loaded = now
	if k.Quota, err = f.quota.quota(); err != nil {
		return k, err
	}
	if f.rules.given() {
		return f.offline(&source{stdin: cmd.InOrStdin()}, cmd.ErrOrStderr(), k)
	}
	c, err := f.aws.load(cmd.Context())
	if err != nil {
		return k, err
	}
	k, err = f.online(cmd.Context(), c, k)
	return k, f.table.remedy(c, err)
}

// offline reads the group from files, with a note if a file does not name it. Files have no
// lease and no ledger.
func (f *explainFlags) offline(s *source, notes io.Writer, k known) (known, error) {
	described, err := f.rules.read(s)
	if err != nil {
		return k, err
	}
	if err := f.rules.identify(described, f.table.vpc, &f.group); err != nil {
		return k, err
	}
	k.Group.ID, k.Installation, k.Offline = f.group, f.installation.given(), true
	k.Quota = k.Quota.Weigh(described.Weights)
	found := false
	var entries []secgroup.Entry
	for _, snapshot := range described.Groups {
		if snapshot.ID == f.group {
			k.Group.Account, entries, found = snapshot.Owner, snapshot.Entries, true
		}
	}
	switch {
	case described.Complete && !found:
		return k, fmt.Errorf("--group %s: it is not among the groups of %s", f.group, &f.rules)
	case !found:
		fmt.Fprintf(notes, "note: %s is not in %s: taken for a group without rules\n",
			f.group, printable(f.rules.String()))
	}
	if f.claims != "" {
		if err := f.claimed(s, &k); err != nil {
			return k, fmt.Errorf("--claims %s: %w", f.claims, err)
		}
	}
	k.State = k.Observe(entries, k.Loaded)
	return k, nil
}

// claimed reads the requests from a file.
func (f *explainFlags) claimed(s *source, k *known) error {
	claims, err := s.claimsFile(f.claims)
	for _, r := range claims.refusals {
		if r.Group.ID == f.group {
			k.refusals = append(k.refusals, r)
		}
	}
	for _, r := range claims.requests {
		if r.Group.ID == f.group {
			k.Requests = append(k.Requests, r)
		}
	}
	return err
}

// online reads the group in the account. It reads the table first. So the request for a
// missing rule is older than the describe.
func (f *explainFlags) online(ctx context.Context, c aws.Config, k known) (known, error) {
	table, err := f.table.open(c)
	if err != nil {
		return k, err
	}
	if err = f.table.identify(ctx, c, &f.group); err != nil {
		return k, err
	}
	if k.Group, err = f.table.group(ctx, c, f.group); err != nil {
		return k, err
	}
	k.Installation = f.installation.of(k.Group.Account, k.Group.Region, f.table.name())
	asked, err := table.Load(ctx, k.Group)
	if err != nil {
		return k, err
	}
	if k.refusals, err = table.RefusalsOn(ctx, k.Group, time.Time{}); err != nil {
		return k, err
	}
	k.Early = true
	k.State, err = described(ctx, ec2sg.New(ec2.NewFromConfig(c)), loadedInto(k.State, asked))
	if errors.Is(err, ensure.ErrGroupNotFound) && len(k.Requests)+len(k.refusals) > 0 {
		k.State, err = k.ObserveMissing(k.Loaded), nil // the table answers
	}
	return k, err
}
