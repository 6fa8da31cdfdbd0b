package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/console"
)

// leasesFlags are the flags of `sgkeeper leases`.
type leasesFlags struct {
	aws    awsFlags
	table  tableFlags
	groups []string
	held   bool
}

func newLeases() *cobra.Command {
	var f leasesFlags
	cmd := &cobra.Command{
		Use:               "leases",
		Short:             "Print the groups with a held lease, and the waiting tickets",
		Long:              leasesLong,
		Example:           leasesExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.groups, "group", nil, "`ids` of security groups, sg-...; by default all")
	flags.BoolVar(&f.held, "held", false, "only groups with a held or expired lease, or with waiting tickets")
	f.table.add(cmd)
	f.aws.add(cmd)
	complete(cmd, "group")
	return cmd
}

func (f *leasesFlags) run(cmd *cobra.Command) error {
	table, c, err := f.table.connect(cmd.Context(), &f.aws, f.groups...)
	if err != nil {
		return err
	}
	heads, err := f.read(cmd.Context(), table)
	partial := unreadableItems(err)
	if err != nil && partial == nil {
		return f.table.remedy(c, err)
	}
	leases := []leaseLine{}
	for _, h := range heads {
		if l := leaseOf(h, time.Now()); !f.held || l.State != leaseFree {
			leases = append(leases, l)
		}
	}
	if outputOf(cmd) == jsonFormat {
		document := leasesJSON{Leases: leases, Unreadable: partial}
		return cmp.Or(console.WriteJSON(cmd.OutOrStdout(), document), err)
	}
	return cmp.Or(printLeases(cmd.OutOrStdout(), leases), err)
}

// leasesJSON is the output of `sgkeeper leases --output json`.
type leasesJSON struct {
	Leases     []leaseLine `json:"leases"`
	Unreadable []string    `json:"unreadable,omitempty"` // items of a newer schema, or with an unknown key
}

// read reads the heads of the chosen groups, in order.
func (f *leasesFlags) read(ctx context.Context, table *dynamo.Table) ([]dynamo.Headed, error) {
	heads, err := table.AllHeads(ctx)
	heads = slices.DeleteFunc(heads, func(h dynamo.Headed) bool {
		return len(f.groups) > 0 && !slices.Contains(f.groups, h.Group.ID)
	})
	slices.SortFunc(heads, func(g, h dynamo.Headed) int { return strings.Compare(g.Group.String(), h.Group.String()) })
	return heads, err
}

// printLeases prints leases for people.
func printLeases(w io.Writer, leases []leaseLine) error {
	if len(leases) == 0 {
		_, err := fmt.Fprintln(w, "No leases.")
		return err
	}
	t := console.Table{Style: console.StyleFor(w)}
	t.Add(console.Painted(console.Bold,
		"GROUP", "ACCOUNT", "REGION", "STATE", "HOLDER", "SINCE", "UNTIL", "SERVED", "NEXT SWEEP", "NOTE")...)
	for _, l := range leases {
		t.Add(console.Plain(l.Group, l.Account, l.Region, string(l.State), orDash(printable(l.Holder)),
			clock(l.Since), clock(l.Until), fmt.Sprintf("%d of %d", l.Served,
				l.Tickets), l.nextSweep(), printable(l.note()))...)
	}
	_, err := io.WriteString(w, t.String()+stuckText(leases))
	return err
}

// stuckText lists the groups that no sweep serves, with the reason and the remedy.
func stuckText(leases []leaseLine) string {
	var b strings.Builder
	for _, l := range leases {
		if l.NotServed != "" {
			fmt.Fprintf(&b, "\n%s is not served since %s: %s.\nTo do: %s.\n",
				l.Group, clock(l.NotServedSince), printable(l.NotServed), printable(l.Remedy))
		}
	}
	return b.String()
}
