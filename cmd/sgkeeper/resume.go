package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// resumeFlags are the flags of `sgkeeper resume`.
type resumeFlags struct {
	aws          awsFlags
	table        tableFlags
	group        string
	yes          bool
	installation installationFlag
	quota        quotaFlags
}

func newResume() *cobra.Command {
	var f resumeFlags
	cmd := &cobra.Command{
		Use:               "resume --group SG",
		Short:             "Let sgkeeper revoke again in a group after its table was restored",
		Long:              resumeLong,
		Example:           resumeExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.group, "group", "", "`id` of the security group, sg-...")
	flags.BoolVar(&f.yes, "yes", false, "do not ask before the rules may go")
	f.installation.add(cmd, "`identity` of the installation; by default $SGKEEPER_INSTALLATION, or <account>/<Region>/<table>")
	f.quota.add(cmd)
	f.table.add(cmd)
	f.aws.add(cmd)
	must(cmd.MarkFlagRequired("group"))
	complete(cmd, "group")
	return cmd
}

// resumption is what `sgkeeper resume` prints.
type resumption struct {
	Group   string           `json:"group"`
	Lost    bool             `json:"historyLost"` // the table had forgotten launches
	Resumed bool             `json:"resumed"`     // by this command
	Goes    []secgroup.Entry `json:"goes"`        // the rules that nobody asks for
	state   group.State
	ledger  claim.Ledger // as the table holds it
}

func (f *resumeFlags) run(cmd *cobra.Command) error {
	ctx := cmd.Context()
	table, c, err := f.table.connect(ctx, &f.aws, f.group)
	if err != nil {
		return err
	}
	at, err := f.table.group(ctx, c, f.group)
	if err != nil {
		return err
	}
	r, err := f.read(ctx, table, ec2sg.New(ec2.NewFromConfig(c)), at)
	if err != nil {
		return f.table.remedy(c, err)
	}
	if r.Lost {
		if err := f.resume(cmd, table, &r); err != nil {
			return f.table.remedy(c, err)
		}
	}
	if outputOf(cmd) == jsonFormat {
		return console.WriteJSON(cmd.OutOrStdout(), r)
	}
	_, err = io.WriteString(cmd.OutOrStdout(), r.result())
	return err
}

// read reads the group, and which rules go once sgkeeper may revoke again. It describes
// the group before it reads the table: a rule that a round has just made is then on record.
func (f *resumeFlags) read(ctx context.Context, t *dynamo.Table, groups *ec2sg.Groups, at claim.Group) (r resumption, err error) {
	now := time.Now()
	s := group.State{Group: at, Installation: f.installation.of(at.Account, at.Region, f.table.name()), Loaded: now}
	if s.Quota, err = f.quota.quota(); err != nil {
		return r, err
	}
	entries, err := groups.Rules(ctx, at)
	if err != nil {
		return r, err
	}
	asked, err := t.Load(ctx, at)
	if err != nil {
		return r, err
	}
	s = loadedInto(s, asked).Observe(entries, now)
	r = resumption{Group: at.ID, Lost: s.HistoryLost(), Goes: []secgroup.Entry{}, state: s, ledger: asked.Ledger}
	fates := s.Fates(s.Decide())
	for _, e := range s.Ours() {
		if fates[e.ID] == group.Withheld {
			r.Goes = append(r.Goes, e)
		}
	}
	return r, nil
}

var (
	errNotResumed = errors.New("nothing is changed: want yes, or --yes for a program")
	errBusy       = errors.New("the group has changed meanwhile, or a function is at work on it: run the command again in a minute")
)

// resume shows which rules go, asks, and lifts the hold.
func (f *resumeFlags) resume(cmd *cobra.Command, t *dynamo.Table, r *resumption) error {
	if !f.yes {
		fmt.Fprint(cmd.ErrOrStderr(), r.plan(), "Let them go? Only yes will be taken: ")
		answer, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
		if err != nil && err != io.EOF {
			return err
		}
		if strings.TrimSpace(answer) != "yes" {
			fmt.Fprintln(cmd.ErrOrStderr())
			return errNotResumed
		}
	}
	s := r.state
	ok, err := t.Resume(cmd.Context(), s.Group, s.Head, r.ledger, s.Ledger.Forgotten)
	switch {
	case err != nil:
		return err
	case !ok:
		return errBusy
	}
	r.Resumed = true
	return nil
}

// plan says which rules go.
func (r resumption) plan() string {
	text := fmt.Sprintf("The table was restored to an older state, or replaced: it has served tickets up to %d, "+
		"and a rule of %s is of ticket %d.\n%s of sgkeeper's would be revoked, because no launch on record asks for it:\n",
		r.state.Head.Applied, r.Group, r.state.Ledger.Forgotten, count(len(r.Goes), "rule", "rules"))
	for _, e := range r.Goes {
		text += fmt.Sprintf("-  %s  %s  %s\n", ruleText(e, r.Group), printable(e.ID), printable(e.Description))
	}
	return text
}

func (r resumption) result() string {
	switch {
	case r.Resumed:
		return fmt.Sprintf("resumed: %s: %s may go\n", r.Group, count(len(r.Goes), "rule", "rules"))
	default:
		return fmt.Sprintf("nothing to resume: the table has forgotten no launch of %s\n", r.Group)
	}
}
