package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// freezeFlags are the flags of `sgkeeper freeze` and `sgkeeper thaw`. Thaw has no reason.
type freezeFlags struct {
	aws    awsFlags
	table  tableFlags
	group  string
	reason string
	until  time.Time
	length time.Duration // of the freeze; 0: not given
}

func newFreeze() *cobra.Command {
	var f freezeFlags
	cmd := f.command("freeze --group SG --reason TEXT", "Freeze a security group: sgkeeper writes nothing to it",
		freezeLong, freezeExample)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := cmp.Or(checkReason(f.reason), f.checkEnd(cmd, time.Now())); err != nil {
			return err
		}
		return f.run(cmd, f.freeze)
	}
	cmd.Flags().StringVar(&f.reason, "reason", "", "`text` for the outcomes of launches, and for sgkeeper leases")
	must(cmd.MarkFlagRequired("reason"))
	cmd.Flags().Var(timeFlag{&f.until}, "until",
		"`time` at which the freeze ends by itself, such as 2031-12-01T00:00:00Z; by default a thaw ends it")
	cmd.Flags().DurationVar(&f.length, "for", 0, "`duration` after which the freeze ends by itself, such as 90m or 12h")
	cmd.MarkFlagsMutuallyExclusive("until", "for")
	complete(cmd, "reason")
	complete(cmd, "until")
	complete(cmd, "for")
	return cmd
}

// checkEnd sets the end of the freeze. It fails if the end is not in the future.
func (f *freezeFlags) checkEnd(cmd *cobra.Command, now time.Time) error {
	switch {
	case cmd.Flags().Changed("for") && f.length <= 0:
		return fmt.Errorf("--for %s: want a positive duration, such as 90m", f.length)
	case f.length > 0:
		f.until = now.Add(f.length)
	case !f.until.IsZero() && !f.until.After(now):
		return fmt.Errorf("--until %s: want a time in the future", f.until.Format(time.RFC3339))
	}
	f.until = f.until.UTC().Truncate(time.Second)
	return nil
}

// command returns a command with the flags of both.
func (f *freezeFlags) command(use, short, long, example string) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long, Example: example,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	f.table.addGroup(cmd, &f.group)
	f.table.add(cmd)
	f.aws.add(cmd)
	must(cmd.MarkFlagRequired("group"))
	return cmd
}

// maxReason is the maximum length of a reason in bytes. Every answer to a waiting launch has
// the reason.
const maxReason = 255

func checkReason(reason string) error {
	switch {
	case strings.TrimSpace(reason) == "":
		return errors.New("--reason is empty: give the reason, which waiting launches receive")
	case len(reason) > maxReason:
		return fmt.Errorf("--reason has %d bytes: want at most %d", len(reason), maxReason)
	case strings.ContainsFunc(reason, func(c rune) bool { return c == unicode.ReplacementChar || !unicode.IsPrint(c) }):
		return fmt.Errorf("--reason %q: want printable text in one line", reason)
	}
	return nil
}

// frozen is the output of `sgkeeper freeze` and `sgkeeper thaw`.
type frozen struct {
	Group   string `json:"group"`
	Account string `json:"account"`
	Region  string `json:"region"`
	Frozen  bool   `json:"frozen"`
	Reason  string `json:"reason,omitempty"`
	By      string `json:"by,omitempty"` // an ARN
	// At and Until are the begin and the end of the freeze, if they are known.
	At      time.Time `json:"at,omitzero"`
	Until   time.Time `json:"until,omitzero"`
	Changed bool      `json:"changed"` // by this command
	note    string
}

// run freezes or thaws the group and prints the result.
func (f *freezeFlags) run(
	cmd *cobra.Command, do func(context.Context, aws.Config, *dynamo.Table, claim.Group) (frozen, error),
) error {
	ctx := cmd.Context()
	table, c, err := f.table.connect(ctx, &f.aws, &f.group)
	if err != nil {
		return err
	}
	group, err := f.table.group(ctx, c, f.group)
	if err != nil {
		return err
	}
	done, err := do(ctx, c, table, group)
	if err != nil {
		return f.table.remedy(c, err)
	}
	done.Group, done.Account, done.Region = group.ID, group.Account, group.Region
	return done.print(cmd.OutOrStdout(), cmd.ErrOrStderr(), outputOf(cmd))
}

// freeze writes only if that changes the group.
func (f *freezeFlags) freeze(ctx context.Context, c aws.Config, t *dynamo.Table, g claim.Group) (frozen, error) {
	head, ledger, err := t.Head(ctx, g)
	if err != nil {
		return frozen{}, err
	}
	was := ledger.Frozen
	if was.Reason == f.reason && was.Until.Equal(f.until) {
		return frozenBy(was, false), nil
	}
	is := claim.Freeze{Reason: f.reason, By: caller(ctx, c), At: time.Now().UTC().Truncate(time.Second), Until: f.until}
	done := frozenBy(is, true)
	switch {
	case was.Holds():
		done.note = "it was frozen already: " + was.String()
	case head.Want == 0:
		done.note = fmt.Sprintf("there has been no request on %s in account %s, %s, so far", g.ID, g.Account, g.Region)
	}
	return done, t.Freeze(ctx, g, is)
}

func frozenBy(f claim.Freeze, changed bool) frozen {
	return frozen{Frozen: true, Reason: f.Reason, By: f.By, At: f.At.UTC(), Until: f.Until.UTC(), Changed: changed}
}

// caller returns the ARN of the caller; "" if STS does not tell it, because a freeze must not
// depend on STS.
func caller(ctx context.Context, c aws.Config) string {
	found, err := sts.NewFromConfig(c).GetCallerIdentity(ctx, nil)
	if err != nil {
		return ""
	}
	return aws.ToString(found.Arn)
}

func (d frozen) print(w, notes io.Writer, f format) error {
	if d.note != "" {
		fmt.Fprintln(notes, "note:", printable(d.note))
	}
	if f == jsonFormat {
		return console.WriteJSON(w, d)
	}
	line := "not frozen: " + d.Group
	switch {
	case d.Frozen:
		f := claim.Freeze{Reason: d.Reason, By: d.By, At: d.At, Until: d.Until}
		line = fmt.Sprintf("frozen: %s: %s", d.Group, printable(f.String()))
	case d.Changed:
		line = "thawed: " + d.Group
	}
	_, err := fmt.Fprintln(w, line)
	return err
}

const freezeLong = `Freeze a security group: sgkeeper writes nothing to it until you thaw it. sgkeeper
continues to record requests and ends. It serves the requests that need no write, and
queues the others with the reason. If a function is writing to the group, it finishes
its round first.

Freeze a group before you repair it by hand, or while you look for the principal that
changes it. If the group is frozen already, the reason and the end are replaced.

sgkeeper records who froze the group, when, and until when. With --until or --for, the
freeze ends by itself, and the next sweep serves the group.

The caller needs dynamodb:GetItem and UpdateItem on sgkeeper's table.`

const freezeExample = `  sgkeeper freeze --table sgkeeper --group sg-0123456789abcdef0 --reason 'incident 12, see the runbook'
  sgkeeper freeze --table sgkeeper --group sg-0123456789abcdef0 --reason 'maintenance' --for 2h`
