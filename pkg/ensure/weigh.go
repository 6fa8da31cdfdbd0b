package ensure

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Weigh returns the state's quota with the MaxEntries of the prefix lists that the group's rules
// or live requests name. The quota is valid with an error, too: a list that cannot be read
// counts as 1 rule.
func Weigh(ctx context.Context, lists Lists, s group.State, described []secgroup.Entry) (plan.Quota, error) {
	entries := slices.Clone(described)
	for _, r := range s.Live() {
		entries = append(entries, r.Rules...)
	}
	ids := s.Quota.Unweighed(entries...)
	if len(ids) == 0 {
		return s.Quota, nil
	}
	maxEntries, failed := make(map[string]int, len(ids)), error(nil)
	for id, read := range readLists(ctx, s.Group, ids, lists.MaxEntries) {
		if maxEntries[id] = read.value; read.err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s counts as 1 rule: %w", id, read.err))
		}
	}
	return s.Quota.Weigh(maxEntries), failed
}

// weighed returns the quota with the weights of the prefix lists. If a list cannot be read, EC2's
// refusal shows the limit, as for any quota that is lower than configured.
func (p *pass) weighed(ctx context.Context, described []secgroup.Entry) plan.Quota {
	lookup, cancel := context.WithTimeout(ctx, lookupTime(ctx))
	defer cancel()
	quota, err := Weigh(lookup, p.Lists, p.state, described)
	if err != nil {
		p.log.WarnContext(ctx, "the weight of a prefix list is not known", "error", err)
	}
	return quota
}
