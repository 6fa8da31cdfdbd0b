package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

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
}

func newFreeze() *cobra.Command {
	var f freezeFlags
	cmd := f.command("freeze --group SG --reason TEXT", "Freeze a security group: sgkeeper writes nothing to it",
		freezeLong, freezeExample)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := checkReason(f.reason); err != nil {
			return err
		}
		return f.run(cmd, f.freeze)
	}
	cmd.Flags().StringVar(&f.reason, "reason", "", "`text` for the outcomes of launches, and for sgkeeper leases")
	must(cmd.MarkFlagRequired("reason"))
	complete(cmd, "reason")
	return cmd
}

// command returns a command with the flags of both.
func (f *freezeFlags) command(use, short, long, example string) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long, Example: example,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().StringVar(&f.group, "group", "", "`id` of the security group, sg-...")
	f.table.add(cmd)
	f.aws.add(cmd)
	must(cmd.MarkFlagRequired("group"))
	complete(cmd, "group")
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
	Changed bool   `json:"changed"` // by this command
	note    string
}

// run freezes or thaws the group and prints the result.
func (f *freezeFlags) run(
	cmd *cobra.Command, do func(context.Context, *dynamo.Table, claim.Group) (frozen, error),
) error {
	ctx := cmd.Context()
	table, c, err := f.table.connect(ctx, &f.aws, f.group)
	if err != nil {
		return err
	}
	group, err := f.table.group(ctx, c, f.group)
	if err != nil {
		return err
	}
	done, err := do(ctx, table, group)
	if err != nil {
		return f.table.remedy(c, err)
	}
	done.Group, done.Account, done.Region = group.ID, group.Account, group.Region
	return done.print(cmd.OutOrStdout(), cmd.ErrOrStderr(), outputOf(cmd))
}

// freeze writes only if that changes the group.
func (f *freezeFlags) freeze(ctx context.Context, t *dynamo.Table, g claim.Group) (frozen, error) {
	head, ledger, err := t.Head(ctx, g)
	done := frozen{Frozen: true, Reason: f.reason, Changed: ledger.Frozen != f.reason}
	switch {
	case err != nil:
		return done, err
	case !done.Changed:
		return done, nil
	case ledger.Frozen != "":
		done.note = "it was frozen already: " + ledger.Frozen
	case head.Want == 0:
		done.note = fmt.Sprintf("there has been no request on %s in account %s, %s, so far", g.ID, g.Account, g.Region)
	}
	return done, t.Freeze(ctx, g, f.reason)
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
		line = fmt.Sprintf("frozen: %s: %s", d.Group, printable(d.Reason))
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
changes it. If the group is frozen already, the reason is replaced.

The caller needs dynamodb:GetItem and UpdateItem on sgkeeper's table.`

const freezeExample = `  sgkeeper freeze --table sgkeeper --group sg-0123456789abcdef0 --reason 'incident 12, see the runbook'`
