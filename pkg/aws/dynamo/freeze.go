package dynamo

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// Freeze stops all writes to a group until Thaw, or until the freeze ends. sgkeeper still records
// requests. A holder in the middle of a round completes it first.
func (t *Table) Freeze(ctx context.Context, g claim.Group, f claim.Freeze) error {
	return t.setFrozen(ctx, "freeze", g, f)
}

// Thaw ends a freeze. The group is due at once.
func (t *Table) Thaw(ctx context.Context, g claim.Group) error {
	return t.setFrozen(ctx, "thaw", g, claim.Freeze{})
}

func (t *Table) setFrozen(ctx context.Context, what string, g claim.Group, f claim.Freeze) error {
	k := headKey(g)
	_, failed, err := t.update(ctx, k, freeze(k, f))
	switch {
	case err != nil:
		return fmt.Errorf("%s %s: %w", what, k, err)
	case failed:
		return fmt.Errorf("%s %s: the item is of a newer schema than this sgkeeper knows; use a newer one", what, k)
	}
	return nil
}

// freeze records a freeze; the zero Freeze ends it. It makes the group due at once, so that a
// round records when the freeze ends.
func freeze(k key, f claim.Freeze) change {
	c := change{
		"SET due = :zero, #shard = :shard, v = :v, frozen = :why, #freeze = :freeze",
		known,
		map[string]string{"#shard": "shard", "#freeze": "freeze"},
		item{":zero": number(0), ":shard": shard(k.pk), ":v": number(headVersion), ":why": text(f.Reason)},
	}
	if !f.Holds() {
		c.update = "SET due = :zero, #shard = :shard, v = :v REMOVE frozen, #freeze"
		delete(c.values, ":why")
		return c
	}
	facts := item{"why": text(f.Reason)}
	if f.By != "" {
		facts["by"] = text(f.By)
	}
	if !f.At.IsZero() {
		facts["at"] = millis(f.At)
	}
	if !f.Until.IsZero() {
		facts["until"] = millis(f.Until)
	}
	c.values[":freeze"] = &types.AttributeValueMemberM{Value: facts}
	return c
}

// decodeFreeze returns the freeze of a head; the zero Freeze if there is none, or if it has ended
// by now. An older version writes the reason alone, and keeps the facts of an earlier freeze. So
// the facts count only for the reason that they name.
func decodeFreeze(r *reader, now time.Time) claim.Freeze {
	f := claim.Freeze{Reason: r.text("frozen")}
	m, ok := member[*types.AttributeValueMemberM](r, "freeze")
	if !ok || !f.Holds() {
		return f
	}
	in := reader{item: m.Value}
	if in.text("why") == f.Reason {
		f.By, f.At, f.Until = in.text("by"), in.time("at"), in.time("until")
	}
	if in.err != nil {
		r.fail("freeze: %w", in.err)
	}
	if !f.Until.IsZero() && !now.Before(f.Until) {
		return claim.Freeze{}
	}
	return f
}
