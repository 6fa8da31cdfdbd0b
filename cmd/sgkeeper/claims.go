package main

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// claimsFlags are the flags of `sgkeeper claims`.
type claimsFlags struct {
	aws          awsFlags
	table        tableFlags
	groups       []string
	launch       string
	all          bool
	installation installationFlag
}

func newClaims() *cobra.Command {
	var f claimsFlags
	cmd := &cobra.Command{
		Use:               "claims",
		Short:             "Print the requests of launches",
		Long:              claimsLong,
		Example:           claimsExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	f.table.addGroups(cmd, &f.groups, "; by default all")
	flags.Var(checked(&f.launch, "launch", checkLaunch), "launch", "`name` of a launch; by default all")
	flags.BoolVar(&f.all, "all", false, "also finished requests (refused, expired and ended), and refused events")
	f.installation.add(cmd, "`identity` to write into the JSON document; by default $SGKEEPER_INSTALLATION, or none")
	f.table.add(cmd)
	f.aws.add(cmd)
	complete(cmd, "launch")
	return cmd
}

func (f *claimsFlags) run(cmd *cobra.Command) error {
	table, c, err := f.table.connect(cmd.Context(), &f.aws, each(f.groups)...)
	if err != nil {
		return err
	}
	requests, failed := f.read(cmd.Context(), table, c)
	partial := unreadableItems(failed)
	if failed != nil && partial == nil {
		return f.table.remedy(c, failed)
	}
	requests = f.chosen(requests)
	var refused refusedEvents
	if f.all {
		if refused, err = f.refused(cmd.Context(), table, c); err != nil {
			return f.table.remedy(c, err)
		}
	}
	frozen, err := f.frozen(cmd.Context(), table, c, requests)
	if err != nil {
		return f.table.remedy(c, err)
	}
	if outputOf(cmd) == jsonFormat {
		document := claimsJSONOf(f.installation.given(), requests)
		document.Freezes = freezesJSONOf(frozen)
		document.Unreadable = partial
		if f.all {
			document.Refusals, document.Unrecorded = refusalsJSONOf(refused.refusals), refused.unrecorded
		}
		return cmp.Or(console.WriteJSON(cmd.OutOrStdout(), document), failed)
	}
	if err := printClaims(cmd.OutOrStdout(), requests); err != nil {
		return err
	}
	if err := printFrozen(cmd.OutOrStdout(), frozen); err != nil {
		return err
	}
	return cmp.Or(refused.print(cmd.OutOrStdout()), failed)
}

// frozen returns the chosen groups that are frozen; with --launch, those with shown requests. It leaves out a
// group with an item that cannot be read, which the command reports by itself.
func (f *claimsFlags) frozen(
	ctx context.Context, table *dynamo.Table, c aws.Config, shown []claim.Request,
) (frozen []dynamo.Headed, err error) {
	var heads []dynamo.Headed
	groups, err := f.table.groups(ctx, c, f.groups...)
	switch {
	case err != nil:
		return nil, err
	case len(groups) == 0:
		if heads, err = table.AllHeads(ctx); err != nil && unreadableItems(err) == nil {
			return nil, err
		}
	}
	for _, g := range groups {
		known, err := table.Of(ctx, g)
		if err != nil {
			return nil, err
		}
		heads = append(heads, dynamo.Headed{Group: g, Ledger: known.Ledger})
	}
	for _, h := range heads {
		in := func(r claim.Request) bool { return r.Group == h.Group }
		if h.Ledger.Frozen.Holds() && (f.launch == "" || slices.ContainsFunc(shown, in)) {
			frozen = append(frozen, h)
		}
	}
	slices.SortFunc(frozen, func(a, b dynamo.Headed) int { return cmp.Compare(a.Group.String(), b.Group.String()) })
	return frozen, nil
}

// refused reads the refused events of the chosen groups and launch.
func (f *claimsFlags) refused(ctx context.Context, table *dynamo.Table, c aws.Config) (refusedEvents, error) {
	if len(f.groups) == 0 {
		refusals, unrecorded, err := table.AllRefusals(ctx)
		return refusedEvents{refusals, unrecorded}.of(f.launch), err
	}
	groups, err := f.table.groups(ctx, c, f.groups...)
	if err != nil {
		return refusedEvents{}, err
	}
	refused, err := refusalsOn(ctx, table, groups...)
	return refused.of(f.launch), err
}

// read reads the groups' requests, or all requests.
func (f *claimsFlags) read(ctx context.Context, table *dynamo.Table, c aws.Config) ([]claim.Request, error) {
	if len(f.groups) == 0 {
		return table.AllRequests(ctx)
	}
	groups, err := f.table.groups(ctx, c, f.groups...)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(groups, func(g, h claim.Group) int { return cmp.Compare(g.ID, h.ID) })
	return table.Requests(ctx, slices.Compact(groups)...)
}

// chosen returns the chosen requests by group and, within a group, in the order of receipt.
func (f *claimsFlags) chosen(requests []claim.Request) []claim.Request {
	requests = slices.DeleteFunc(requests, func(r claim.Request) bool {
		return f.launch != "" && r.Launch.Name != f.launch || !f.all && r.Status != claim.Open
	})
	requests = claim.InOrder(requests)
	slices.SortStableFunc(requests, func(r, q claim.Request) int {
		return cmp.Compare(r.Group.String(), q.Group.String())
	})
	return requests
}
