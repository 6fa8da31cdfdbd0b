package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// rotateFlags are the flags of `sgkeeper rotate`.
type rotateFlags struct{ choiceFlags }

func newRotate() *cobra.Command {
	var f rotateFlags
	cmd := &cobra.Command{
		Use:               "rotate --group SG,... | --all",
		Short:             "Have sgkeeper seal the rules of groups with new keys",
		Long:              rotateLong,
		Example:           rotateExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	f.add(cmd, "all groups in the table")
	return cmd
}

// rotated is the output of `sgkeeper rotate`.
type rotated struct {
	Rotated []string      `json:"rotated"` // ids of groups
	Left    []rotatedLeft `json:"left"`
}

type rotatedLeft struct {
	Group  string `json:"group"`
	Reason string `json:"reason"`
}

func (f *rotateFlags) run(cmd *cobra.Command) error {
	if err := f.check(); err != nil {
		return err
	}
	table, c, err := f.table.connect(cmd.Context(), &f.aws, each(f.groups)...)
	if err != nil {
		return err
	}
	heads, err := f.read(cmd.Context(), table)
	if err != nil {
		return f.table.remedy(c, err)
	}
	done := rotated{Rotated: []string{}, Left: []rotatedLeft{}}
	for _, h := range heads {
		reason, err := rotate(cmd.Context(), table, h, time.Now())
		if err != nil {
			return err
		}
		if reason != "" {
			done.Left = append(done.Left, rotatedLeft{h.Group.ID, reason})
		} else {
			done.Rotated = append(done.Rotated, h.Group.ID)
		}
	}
	if outputOf(cmd) == jsonFormat {
		err = console.WriteJSON(cmd.OutOrStdout(), done)
	} else {
		err = done.print(cmd.OutOrStdout())
	}
	if err == nil && len(done.Left) > 0 {
		return failed
	}
	return err
}

// rotate gives a group a new key, or returns the reason why it cannot yet.
func rotate(ctx context.Context, t *dynamo.Table, h dynamo.Headed, now time.Time) (reason string, err error) {
	if len(h.Ledger.ValidKeys(now)) > 1 {
		return "its former key is still valid: run the command again in half an hour", nil
	}
	ok, err := t.Rotate(ctx, h.Group, h.Ledger, ensure.NewKey())
	if err == nil && !ok {
		reason = "a function serves it now: run the command again in a minute"
	}
	return reason, err
}

func (r rotated) print(w io.Writer) error {
	text := ""
	for _, id := range r.Rotated {
		text += "rotated: " + id + "\n"
	}
	for _, l := range r.Left {
		text += fmt.Sprintf("not rotated: %s: %s\n", l.Group, l.Reason)
	}
	if text == "" {
		text = "No groups.\n"
	}
	_, err := io.WriteString(w, text)
	return err
}
