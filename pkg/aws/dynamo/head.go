package dynamo

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// decodeHead decodes a group's head and the part of the ledger that it holds. A missing item
// is the zero Head: no ticket was counted yet, or an operator deleted the item by mistake.
func (t *Table) decodeHead(it item) (lease.Head, claim.Ledger, error) {
	s := t.stored()
	s.head = it
	return s.heads()
}

// heads decodes a group's head and the whole ledger.
func (s *stored) heads() (lease.Head, claim.Ledger, error) {
	it := s.head
	r := reader{item: it}
	r.version(headVersion)
	head := lease.Head{
		Owner:   decodeHolder(&r),
		Last:    decodeOwner(&r, "last"),
		Expires: lease.Instant(r.number("exp")),
		Want:    lease.Ticket(r.number("want")),
		Applied: lease.Ticket(r.number("applied")),
	}
	if r.err != nil {
		return lease.Head{}, claim.Ledger{}, fmt.Errorf("item %s: %w", keyOf(it), r.err)
	}
	ledger, err := s.decode()
	if err != nil {
		return lease.Head{}, claim.Ledger{}, err
	}
	return head, ledger, nil
}

// decodeHolder refuses half a lease. A holder without an expiry would hold it forever, and an
// expiry without a holder would be both free and held.
func decodeHolder(r *reader) lease.Owner {
	if r.has("own") != r.has("exp") {
		r.fail("half a lease: own is %q and exp is %d; want both or neither", r.text("own"), r.number("exp"))
		return lease.Nobody
	}
	return decodeOwner(r, "own")
}

func decodeOwner(r *reader, name string) lease.Owner {
	own := r.text(name)
	if !r.has(name) {
		return lease.Nobody
	}
	dot := strings.LastIndexByte(own, '.')
	entry, err := strconv.Atoi(own[dot+1:])
	if dot <= 0 || err != nil {
		r.fail("%s is %q; want <nonce>.<entry>", name, own)
		return lease.Nobody
	}
	return lease.Owner{Nonce: own[:dot], Entry: entry}
}
