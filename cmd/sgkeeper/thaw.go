package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

func newThaw() *cobra.Command {
	var f freezeFlags
	cmd := f.command("thaw --group SG", "Thaw a frozen security group", thawLong, thawExample)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return f.run(cmd, thaw) }
	return cmd
}

// thaw writes only if the group is frozen, because a thawed group is due at once.
func thaw(ctx context.Context, _ aws.Config, t *dynamo.Table, g claim.Group) (frozen, error) {
	_, ledger, err := t.Head(ctx, g)
	if err != nil || !ledger.Frozen.Holds() {
		return frozen{}, err
	}
	return frozen{Changed: true, note: "it was frozen: " + ledger.Frozen.String()}, t.Thaw(ctx, g)
}

const thawLong = `End the freeze of a security group. The next sweep, within about a minute, opens and
closes the rules that were requested and ended meanwhile. If the group is not frozen,
the command does nothing.

The caller needs dynamodb:GetItem and UpdateItem on sgkeeper's table.`

const thawExample = `  sgkeeper thaw --table sgkeeper --group sg-0123456789abcdef0`
