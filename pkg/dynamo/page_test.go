package dynamo_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
)

// page writes a page of the ledger past the Table, and has the head count it.
func (b *bench) page(n int, v int64, lines ...string) {
	b.Helper()
	b.put(groupPK, fmt.Sprint("LEDGER#", n), map[string]types.AttributeValue{
		"v": number(v), "lines": &types.AttributeValueMemberSS{Value: lines},
	})
	b.set(groupPK, "HEAD", "pages", number(int64(n+1)))
}

// reads are the ways to read a whole ledger.
func (b *bench) reads() map[string]error {
	_, err := b.Load(b.Context(), group)
	_, _, head := b.Head(b.Context(), group)
	return map[string]error{"Load": err, "Head": head}
}

const good = "g sgr-0 1"

// TestPageMalformed has a page hold one line that cannot be read. The error names the
// item and the line.
func TestPageMalformed(t *testing.T) {
	const rule = "tcp 8000 from 0.0.0.0/0"
	for _, line := range []string{
		"m", "m sgr-1", "m sgr-1 1 dl", "m sgr-1 ! dl " + rule, "m sgr-1 1 dl tcp 8000 from nowhere",
		"g", "g sgr-1", "g sgr-1 !", "g sgr-1 1 1",
		"u", "u sgr-1", "u sgr-1 seal", "u sgr-1 seal !", "u sgr-1 seal 1 1",
		"r", "r xyz", "r -1", "r 1ffffffffffffffff",
		"w", "w xyz", "w -1",
		"x sgr-1 1", "M sgr-1 1 dl " + rule, " ",
	} {
		t.Run(line, func(t *testing.T) {
			onEach(t, func(b *bench) {
				b.ring(alice)
				b.page(0, 2, good)
				b.page(1, 2, line, good)
				for what, err := range b.reads() {
					wantError(b, what, err, "item "+groupPK+"/LEDGER#1", fmt.Sprintf("line %q", line))
				}
			})
		})
	}
}

// TestPageNewer has a page, or the item LEDGER, be of a newer schema. Its lines are not
// read, and the error says what to do.
func TestPageNewer(t *testing.T) {
	for _, sk := range []string{"LEDGER#0", "LEDGER"} {
		t.Run(sk, func(t *testing.T) {
			onEach(t, func(b *bench) {
				b.ring(alice)
				b.page(0, 2, good)
				b.put(groupPK, sk, map[string]types.AttributeValue{
					"v": number(3), "lines": &types.AttributeValueMemberSS{Value: []string{"z of the future"}},
				})
				for what, err := range b.reads() {
					wantError(b, what, err, "item "+groupPK+"/"+sk, "schema version 3", "deploy a newer one")
				}
			})
		})
	}
}

// TestPageOtherType has the lines be no set of texts.
func TestPageOtherType(t *testing.T) {
	onEach(t, func(b *bench) {
		b.ring(alice)
		b.page(0, 2, good)
		b.set(groupPK, "LEDGER#0", "lines", text(good))
		for what, err := range b.reads() {
			wantError(b, what, err, "item "+groupPK+"/LEDGER#0", "lines")
		}
	})
}

// revoked returns a ledger of n recently revoked rules.
func revoked(n int) (l claim.Ledger) {
	for i := range n {
		l.Gone = append(l.Gone, claim.Gone{ID: fmt.Sprintf("sgr-%017x", i), At: at(int64(i))})
	}
	return l
}

// turns writes a ledger with a release or a yield, as a round does that has loaded what
// is there, and fails the test unless the table then holds it on so many pages.
func (b *bench) turns(op lease.Op, l claim.Ledger, pages int) {
	b.Helper()
	_, before := b.peek()
	l.Apart, l.Pages = before.Apart, before.Pages
	head := b.ring(alice)
	if reply, _ := b.records(lease.State{Op: op, Owner: alice, Seen: head.Want}, l); reply.Failed {
		b.Fatalf("%s failed: %+v", op, reply)
	}
	_, got := b.peek()
	if diff := cmp.Diff(l.Gone, got.Gone); diff != "" {
		b.Errorf("%s of %d rules reads back (-want +got):\n%s", op, len(l.Gone), diff)
	}
	var found []string
	for _, it := range b.all() {
		if sk := strings.TrimPrefix(show(it["sk"]), "S "); strings.HasPrefix(sk, "LEDGER#") {
			found = append(found, sk)
		}
	}
	slices.Sort(found)
	var want []string
	for n := range pages {
		want = append(want, fmt.Sprint("LEDGER#", n))
	}
	if !slices.Equal(found, want) {
		b.Errorf("%s of %d rules leaves the pages %v, want %v", op, len(l.Gone), found, want)
	}
	count := ""
	if pages > 0 {
		count = fmt.Sprint("N ", pages)
	}
	if got := b.get(groupPK, "HEAD")["pages"]; got != count {
		b.Errorf("%s of %d rules: the head names %q pages, want %q", op, len(l.Gone), got, count)
	}
}

// TestPages writes ledgers that grow and shrink. A page holds 3,000 lines, and a release
// or a yield deletes the pages that it no longer needs.
func TestPages(t *testing.T) {
	for _, op := range []lease.Op{lease.Release, lease.Yield} {
		t.Run(op.String(), func(t *testing.T) {
			onEach(t, func(b *bench) {
				for _, row := range []struct{ rules, pages int }{
					{1, 1}, {3000, 1}, {3001, 2}, {7000, 3}, {3100, 2}, {2, 1}, {0, 0}, {6001, 3}, {0, 0},
				} {
					b.turns(op, revoked(row.rules), row.pages)
				}
			})
		})
	}
}

// TestPagesThatDoNotCount has more pages in the table than the head counts, and fewer: a
// read may meet a release. What does not count is not read, and the next release
// deletes it.
func TestPagesThatDoNotCount(t *testing.T) {
	onEach(t, func(b *bench) {
		b.turns(lease.Release, revoked(1), 1)
		b.put(groupPK, "LEDGER#1", map[string]types.AttributeValue{
			"v": number(2), "lines": &types.AttributeValueMemberSS{Value: []string{"no line of ours"}},
		})
		if _, l := b.peek(); len(l.Gone) != 1 {
			b.Errorf("the ledger holds %v, want the one rule of the page that counts", l.Gone)
		}
		b.turns(lease.Release, revoked(2), 1)
		b.set(groupPK, "HEAD", "pages", number(3))
		if _, l := b.peek(); len(l.Gone) != 2 {
			b.Errorf("the ledger holds %v, want the two rules of the page that is there", l.Gone)
		}
	})
}
