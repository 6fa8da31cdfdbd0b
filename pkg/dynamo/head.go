package dynamo

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
)

// decodeHead reads a group's head. No item is the zero Head: nobody has rung
// yet, or somebody deleted it, which nobody should.
func decodeHead(it item, now time.Time) (lease.Head, claim.Ledger, error) {
	r := reader{item: it}
	r.version()
	head := lease.Head{
		Owner:     decodeOwner(&r),
		Expires:   lease.Instant(r.number("exp")),
		Want:      lease.Ticket(r.number("want")),
		Applied:   lease.Ticket(r.number("applied")),
		Unsettled: decodeUnsettled(&r, now),
	}
	ledger := decodeLedger(&r)
	if r.err != nil {
		return lease.Head{}, claim.Ledger{}, fmt.Errorf("item %s: %w", keyOf(it), r.err)
	}
	return head, ledger, nil
}

// decodeOwner refuses half a lease: a holder without expiry would hold it for
// ever, and an expiry without holder would be both free and held.
func decodeOwner(r *reader) lease.Owner {
	own := r.text("own")
	switch {
	case r.has("own") != r.has("exp"):
		r.fail("half a lease: own is %q and exp is %d; want both or neither", own, r.number("exp"))
		return lease.Nobody
	case !r.has("own"):
		return lease.Nobody
	}
	dot := strings.LastIndexByte(own, '.')
	entry, err := strconv.Atoi(own[dot+1:])
	if dot <= 0 || err != nil {
		r.fail("own is %q; want <nonce>.<entry>", own)
		return lease.Nobody
	}
	return lease.Owner{Nonce: own[:dot], Entry: entry}
}

// decodeUnsettled reports whether a rule is condemned, or was revoked so
// lately that EC2 may still describe it.
func decodeUnsettled(r *reader, now time.Time) bool {
	if cond, ok := member[*types.AttributeValueMemberSS](r, "cond"); ok && len(cond.Value) > 0 {
		return true
	}
	gone, ok := member[*types.AttributeValueMemberM](r, "gone")
	if !ok {
		return false
	}
	times := reader{item: gone.Value}
	unsettled := false
	for id := range gone.Value {
		unsettled = unsettled || now.Sub(times.time(id)) < claim.MadeFor
	}
	if times.err != nil {
		r.fail("gone: %w", times.err)
	}
	return unsettled
}
