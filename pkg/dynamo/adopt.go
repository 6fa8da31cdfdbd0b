package dynamo

import (
	"context"
	"fmt"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
)

// Adopt makes rules of a group that bear no tags ours, and rings: whoever holds the
// lease loads the head anew before it releases it, so that nothing is lost.
func (t *Table) Adopt(ctx context.Context, g claim.Group, rules []claim.Untagged) error {
	k := headKey(g)
	_, failed, err := t.commit(ctx, k, bell(k), t.put(ledgerKey(k.pk), adding("untagged", encodeUntagged(rules))))
	switch {
	case err != nil:
		return fmt.Errorf("adopt in %s: %w", k, err)
	case failed:
		return fmt.Errorf("adopt in %s: the item is not one that this sgkeeper can read; use a newer one", k)
	}
	return nil
}
