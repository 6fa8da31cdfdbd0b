package dynamo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
)

// Stuck tells that sweeps could not serve a group, and why the last one could not. The
// zero value is a group that is served.
type Stuck struct {
	Since          time.Time // when the first of them tried
	Reason, Remedy string    // of the last one
}

// maxStuck bounds each text of a Stuck, in bytes: the head item stays small.
const maxStuck = 400

// Postpone implements ensure.Dues, by a read of the head and one conditional update. No
// ticket is lost: a ring makes the group due at once, whatever was recorded here.
func (t *Table) Postpone(ctx context.Context, g claim.Group, why ensure.Failure, now time.Time) (since time.Time, err error) {
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
		return stuck.Since, nil // a function is at work on the group, or has just been
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

// earlier returns the earlier of two times; of the zero time, the other.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || a.After(b) {
		return b
	}
	return a
}

// postpone has a head due later, unless it rang or was taken since it was read.
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

// decodeStuck reads what Postpone recorded, and the last ticket that was served then. It
// counts until another ticket is served, so that no release needs to remove it.
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
