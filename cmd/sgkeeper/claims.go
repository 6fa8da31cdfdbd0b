package main

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/dynamo"
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
		Short:             "Print what launches ask for",
		Long:              claimsLong,
		Example:           claimsExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	f.add(cmd)
	return cmd
}

func (f *claimsFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.groups, "group", nil, "`ids` of security groups, sg-...; by default all")
	flags.Var(checked(&f.launch, "launch", checkLaunch), "launch", "`name` of a launch; by default all")
	flags.BoolVar(&f.all, "all", false, "requests that are over, too: refused, expired and ended")
	f.installation.add(cmd, "`identity` to write into the JSON document; by default $SGKEEPER_INSTALLATION, or none")
	f.table.add(cmd)
	f.aws.add(cmd)
	complete(cmd, "group")
	complete(cmd, "launch")
}

func (f *claimsFlags) run(cmd *cobra.Command) error {
	table, c, err := f.table.connect(cmd.Context(), &f.aws, f.groups...)
	if err != nil {
		return err
	}
	requests, err := f.read(cmd.Context(), table, c)
	if err != nil {
		return f.table.remedy(c, err)
	}
	requests = f.chosen(requests)
	if outputOf(cmd) == jsonFormat {
		return console.WriteJSON(cmd.OutOrStdout(), claimsJSONOf(f.installation.given(), requests))
	}
	return printClaims(cmd.OutOrStdout(), requests)
}

// read reads the groups' requests, or all there are.
func (f *claimsFlags) read(ctx context.Context, table *dynamo.Table, c aws.Config) ([]claim.Request, error) {
	if len(f.groups) == 0 {
		return table.AllRequests(ctx)
	}
	groups, err := f.table.groups(ctx, c, f.groups...)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(groups, func(g, h claim.Group) int { return cmp.Compare(g.ID, h.ID) })
	var all []claim.Request
	for _, g := range slices.Compact(groups) {
		requests, err := table.Requests(ctx, g)
		if err != nil {
			return nil, err
		}
		all = append(all, requests...)
	}
	return all, nil
}

// chosen returns the requests that were asked for, in the order of their groups
// and within one as they were received.
func (f *claimsFlags) chosen(requests []claim.Request) []claim.Request {
	requests = slices.DeleteFunc(requests, func(r claim.Request) bool {
		return f.launch != "" && r.Launch.Name != f.launch || !f.all && r.Status != claim.Open
	})
	requests = claim.InOrder(requests)
	slices.SortStableFunc(requests, func(r, q claim.Request) int { return cmp.Compare(r.Group.String(), q.Group.String()) })
	return requests
}
