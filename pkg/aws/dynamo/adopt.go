package dynamo

import (
	"context"
	"fmt"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// Adopt adds untagged rules to the group's ledger as sgkeeper's own, and rings. A concurrent
// holder loses nothing, because it loads the head again before it releases the lease.
func (t *Table) Adopt(ctx context.Context, g claim.Group, rules []claim.Untagged) error {
	k := headKey(g)
	_, failed, err := t.commit(ctx, k, countTicket(k), t.put(ledgerKey(k.pk), adding("untagged", encodeUntagged(rules))))
	switch {
	case err != nil:
		return fmt.Errorf("adopt in %s: %w", k, err)
	case failed:
		return fmt.Errorf("adopt in %s: the item is not one that this sgkeeper can read; use a newer one", k)
	}
	return nil
}
