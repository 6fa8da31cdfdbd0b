package dynamo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// Stuck says since when and why sweeps cannot serve a group. The zero value means that the
// group is served.
type Stuck struct {
	Since          time.Time // when the first failed sweep ran
	Reason, Remedy string    // of the last failed sweep
}

// maxStuck bounds each text of a Stuck, in bytes, to keep the head small.
const maxStuck = 400

// Postpone implements ensure.Dues, with a read of the head and one conditional update. No
// ticket is lost, because a ring makes the group due at once.
func (t *Table) Postpone(ctx context.Context, g claim.Group, why ensure.Failure,
	now time.Time) (since time.Time, err error) {
	k := headKey(g)
	it, err := t.get(ctx, k)
	if err != nil {
		return now, fmt.Errorf("postpone %s: %w", k, err)
	}
	head, _, err := t.decodeHead(it)
	if err != nil {
		return now, fmt.Errorf("postpone: %w", err)
	}
	r := reader{item: it}
	stuck := Stuck{now, why.Reason, why.Remedy}
	if last, applied := decodeStuck(&r); applied == head.Applied || applied == why.Before {
		stuck.Since = earlier(last.Since, now)
	}
	if head.Owner != lease.Nobody || !r.has("due") {
		return stuck.Since, nil // a function works on the group, or has just finished
	}
	later := now.Add(min(now.Sub(stuck.Since), ensure.MaxPostpone))
	if due := r.time("due"); due.After(now) {
		later = due
	}
	_, _, err = t.update(ctx, k, postpone(it, stuck, head, later))
	if err != nil {
		return stuck.Since, fmt.Errorf("postpone %s: %w", k, err)
	}
	return stuck.Since, nil
}

// earlier returns the earlier of two times. If one is zero, it returns the other.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || a.After(b) {
		return b
	}
	return a
}

// postpone sets a later due time, unless a ticket was counted or the lease taken since the
// head was read.
func postpone(it item, s Stuck, head lease.Head, due time.Time) change {
	c := change{
		"SET due = :later, stuck = :stuck",
		"due = :due AND attribute_not_exists(own) AND attribute_not_exists(want)",
		nil,
		item{":later": millis(due), ":stuck": encodeStuck(s, head), ":due": it["due"]},
	}
	if want, rung := it["want"]; rung {
		c.condition = "due = :due AND attribute_not_exists(own) AND want = :want"
		c.values[":want"] = want
	}
	return c
}

func encodeStuck(s Stuck, head lease.Head) types.AttributeValue {
	return &types.AttributeValueMemberM{Value: item{
		"since":   millis(s.Since),
		"applied": number(head.Applied),
		"reason":  text(bounded(s.Reason)),
		"remedy":  text(bounded(s.Remedy)),
	}}
}

// decodeStuck returns the recorded Stuck, and the last ticket that was served then. A Stuck is
// void once a later ticket is served, so no release needs to remove it.
func decodeStuck(r *reader) (s Stuck, applied lease.Ticket) {
	m, ok := member[*types.AttributeValueMemberM](r, "stuck")
	if !ok {
		return Stuck{}, 0
	}
	in := reader{item: m.Value}
	s = Stuck{in.time("since"), in.text("reason"), in.text("remedy")}
	applied = lease.Ticket(in.number("applied"))
	if in.err != nil {
		r.fail("stuck: %w", in.err)
	}
	return s, applied
}

func bounded(s string) string {
	if len(s) <= maxStuck {
		return s
	}
	return strings.ToValidUTF8(s[:maxStuck], "") + "..."
}
