package dynamo

import (
	"context"
	"fmt"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// Ring implements audit.Ringer. It counts a ticket without taking the lease, and makes the
// group due for the next sweep. A ring alone opens no port, because the requests define the
// desired rules.
func (t *Table) Ring(ctx context.Context, g claim.Group) error {
	k := headKey(g)
	_, failed, err := t.update(ctx, k, countTicket(k))
	switch {
	case err != nil:
		return fmt.Errorf("ring for %s: %w", k, err)
	case failed:
		return fmt.Errorf("ring for %s: the item is not one that this sgkeeper can read; use a newer one", k)
	}
	return nil
}

// countTicket counts a ticket without taking the lease, and makes the group due.
func countTicket(k key) change {
	return change{
		"SET due = :zero, #shard = :shard, v = :v" + counting,
		readable,
		map[string]string{"#shard": "shard"},
		item{":zero": number(0), ":shard": shard(k.pk), ":v": number(headVersion), ":one": number(1)},
	}
}

// Adopt adds untagged rules to the group's ledger as sgkeeper's own, and rings. A concurrent
// holder loses nothing, because it loads the head again before it releases the lease.
func (t *Table) Adopt(ctx context.Context, g claim.Group, rules []claim.Untagged) error {
	k := headKey(g)
	_, failed, err := t.commit(ctx, k, countTicket(k), t.put(ledgerKey(k.pk),
		adding("untagged", encodeUntagged(rules))))
	switch {
	case err != nil:
		return fmt.Errorf("adopt in %s: %w", k, err)
	case failed:
		return fmt.Errorf("adopt in %s: the item is not one that this sgkeeper can read; use a newer one", k)
	}
	return nil
}
