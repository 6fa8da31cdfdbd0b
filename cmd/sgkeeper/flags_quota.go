package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
)

// quotaFlags give the quota of a group, and the weights of prefix lists.
type quotaFlags struct {
	limit   int
	weights []string
}

func (f *quotaFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&f.limit, "limit", plan.DefaultLimit,
		"`rules` a group may hold, for each direction and address family (EC2 quota L-0EA8095F)")
	flags.StringArrayVar(&f.weights, "weight", nil,
		"weight of a prefix list in the quota, as `pl-...=N`; may be repeated; another list counts as its MaxEntries, "+
			"or as 1 if that is not known")
	complete(cmd, "limit")
	complete(cmd, "weight")
}

func (f *quotaFlags) quota() (q plan.Quota, err error) {
	if f.limit < 1 || f.limit > 1000 {
		return q, fmt.Errorf("--limit %d: want 1 to 1000", f.limit)
	}
	q.Limit = f.limit
	if q.Weights, err = plan.ParseWeights(strings.Join(f.weights, ",")); err != nil {
		return q, fmt.Errorf("--weight: %w", err)
	}
	return q, nil
}
