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

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// resumeFlags are the flags of `sgkeeper resume`.
type resumeFlags struct {
	choiceFlags
	yes          bool
	installation installationFlag
	quota        quotaFlags
}

func newResume() *cobra.Command {
	var f resumeFlags
	cmd := &cobra.Command{
		Use:               "resume --group SG,... | --all",
		Short:             "Let sgkeeper revoke again in groups after their table was restored",
		Long:              resumeLong,
		Example:           resumeExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	f.add(cmd, "all groups of the account and Region whose history is lost")
	flags.BoolVar(&f.yes, "yes", false, "allow the revokes without a confirmation")
	f.installation.add(cmd,
		"`identity` of the installation; by default $SGKEEPER_INSTALLATION, or <account>/<Region>/<table>")
	f.quota.add(cmd)
	return cmd
}

// resumption is a group as `sgkeeper resume` prints it.
type resumption struct {
	Group   string           `json:"group"`
	Lost    bool             `json:"historyLost"` // the table has lost launches
	Resumed bool             `json:"resumed"`     // by this command
	Goes    []secgroup.Entry `json:"goes"`        // the rules that no launch on record requests
	Reason  string           `json:"reason,omitempty"`
	state   group.State
}

func (f *resumeFlags) run(cmd *cobra.Command) error {
	if err := f.check(); err != nil {
		return err
	}
	table, c, err := f.table.connect(cmd.Context(), &f.aws, f.groups...)
	if err != nil {
		return err
	}
	all, err := f.readAll(cmd.Context(), table, c)
	if err == nil {
		err = f.resume(cmd, table, all)
	}
	if err != nil {
		return f.table.remedy(c, err)
	}
	if outputOf(cmd) == jsonFormat {
		err = console.WriteJSON(cmd.OutOrStdout(), map[string][]resumption{"groups": all})
	} else {
		err = printResumed(cmd.OutOrStdout(), all)
	}
	for _, r := range all {
		if err == nil && r.Reason != "" {
			err = failed
		}
	}
	return err
}

// readAll reads the chosen groups.
func (f *resumeFlags) readAll(ctx context.Context, t *dynamo.Table, c aws.Config) ([]resumption, error) {
	places, err := f.table.groups(ctx, c, f.groups...)
	if err == nil && f.all {
		places, err = f.lost(ctx, t, c)
	}
	all := []resumption{}
	for _, at := range places {
		r, err := f.readOne(ctx, t, ec2sg.New(ec2.NewFromConfig(c)), at)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, err
}

// lost returns the groups of the account and Region with a lost history.
func (f *resumeFlags) lost(ctx context.Context, t *dynamo.Table, c aws.Config) (lost []claim.Group, err error) {
	account, err := f.table.owner(ctx, c)
	if err != nil {
		return nil, err
	}
	heads, err := f.read(ctx, t)
	for _, h := range heads {
		if h.Ledger.Forgotten > 0 && h.Group.Account == account && h.Group.Region == c.Region {
			lost = append(lost, h.Group)
		}
	}
	return lost, err
}

// readOne reads a group, and the rules to revoke once sgkeeper may revoke again. It describes
// the group before it reads the table, so that a rule that a round just made is on record.
func (f *resumeFlags) readOne(
	ctx context.Context, t *dynamo.Table, groups *ec2sg.Groups, at claim.Group,
) (r resumption, err error) {
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
	r = resumption{Group: at.ID, Lost: s.HistoryLost(), Goes: []secgroup.Entry{}, state: s}
	fates := s.Fates(s.Decide())
	for _, e := range s.Ours() {
		if fates[e.ID] == group.Withheld {
			r.Goes = append(r.Goes, e)
		}
	}
	return r, nil
}

var errNotResumed = errors.New("nothing is changed: want yes, or --yes for a program")

const busy = "it has changed meanwhile, or a function serves it now: run the command again in a minute"

// resume shows the rules to revoke, asks, and lets sgkeeper revoke again.
func (f *resumeFlags) resume(cmd *cobra.Command, t *dynamo.Table, all []resumption) error {
	plan := ""
	for _, r := range all {
		if r.Lost {
			plan += r.plan()
		}
	}
	if plan == "" {
		return nil
	}
	if !f.yes {
		if yes, err := confirmed(cmd, plan, "Let sgkeeper revoke them?"); err != nil {
			return err
		} else if !yes {
			return errNotResumed
		}
	}
	for i := range all {
		r := &all[i]
		if !r.Lost {
			continue
		}
		ok, err := t.Resume(cmd.Context(), r.state.Group, r.state.Head, r.state.Ledger.Forgotten)
		if err != nil {
			return err
		}
		if r.Resumed = ok; !ok {
			r.Reason = busy
		}
	}
	return nil
}

// plan lists the rules to revoke.
func (r resumption) plan() string {
	text := fmt.Sprintf("The table was restored to an older state, or replaced: of %s it has served tickets up to %d, "+
		"and may have forgotten launches up to ticket %d.\n%s of sgkeeper's would be revoked, "+
		"because no launch on record "+
		"requests it:\n",
		r.Group, r.state.Head.Applied, r.state.Ledger.Forgotten, console.Count(len(r.Goes), "rule", "rules"))
	for _, e := range r.Goes {
		text += fmt.Sprintf("-  %s  %s  %s\n", ruleText(e, r.Group), printable(e.ID), printable(e.Description))
	}
	return text
}

func printResumed(w io.Writer, all []resumption) error {
	text := ""
	for _, r := range all {
		switch {
		case r.Resumed:
			text += fmt.Sprintf("resumed: %s: %s may be revoked\n", r.Group,
				console.Count(len(r.Goes), "rule", "rules"))
		case r.Lost:
			text += fmt.Sprintf("not resumed: %s: %s\n", r.Group, r.Reason)
		default:
			text += fmt.Sprintf("nothing to resume: the table has forgotten no launch of %s\n", r.Group)
		}
	}
	if text == "" {
		text = "No group has a lost history.\n"
	}
	_, err := io.WriteString(w, text)
	return err
}
