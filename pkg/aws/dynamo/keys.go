package dynamo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

func encodeKeys(keys []claim.Key) types.AttributeValue {
	l := &types.AttributeValueMemberL{}
	for _, k := range keys {
		l.Value = append(l.Value, text(string(k)))
	}
	return l
}

// decodeKeys reads the keys of a group. If an older version has counted a ticket since the
// last release, its rules have seals without a key. Then [claim.Unkeyed] is valid, too.
func decodeKeys(r *reader, l *claim.Ledger) {
	if keys, ok := member[*types.AttributeValueMemberL](r, "keys"); ok {
		for i, value := range keys.Value {
			k, ok := value.(*types.AttributeValueMemberS)
			if !ok || k.Value == "" {
				r.fail("keys[%d] is no text", i)
				return
			}
			l.Keys = append(l.Keys, claim.Key(k.Value))
		}
	}
	if r.number("keyed") >= r.number("want") {
		return
	}
	l.Retires = time.Time{}
	if !slices.Contains(l.Keys, claim.Unkeyed) {
		l.Keys = append(l.Keys, claim.Unkeyed)
	}
}

// Resume raises the ticket counter of a group above the forgotten tickets, and rings, so that
// the next sweep revokes the extra rules. ok is false if the group is not idle or a ticket was
// counted after h was read.
func (t *Table) Resume(ctx context.Context, g claim.Group, h lease.Head, forgotten int64) (ok bool, err error) {
	k := headKey(g)
	_, failed, err := t.update(ctx, k, resume(k, h, forgotten, t.home()))
	if err != nil {
		return false, fmt.Errorf("resume %s: %w", k, err)
	}
	return !failed, nil
}

// Rotate replaces the key that signs the rules of an idle group. The former key stays valid
// until rounds have recorded the rules that it sealed; older keys are invalid at once. ok is
// false if the group is not idle or has another key by now.
func (t *Table) Rotate(ctx context.Context, g claim.Group, l claim.Ledger, key claim.Key) (ok bool, err error) {
	k := headKey(g)
	if len(l.Keys) == 0 || l.Keys[0] == claim.Unkeyed {
		return true, nil // the first ring makes a key
	}
	_, failed, err := t.update(ctx, k, rotate(k, []claim.Key{key, l.Keys[0]}, l.Keys[0]))
	if err != nil {
		return false, fmt.Errorf("rotate the key of %s: %w", k, err)
	}
	return !failed, nil
}
