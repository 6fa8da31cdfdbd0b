package dynamo

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// The table keeps a group's ledger in three places. So the head stays small under any load,
// and a ring or the fast path reads only the head:
//
//   - the head holds the facts of bounded size, and until when EC2's describe may change;
//   - the item LEDGER holds additions since the last release: pending revokes, and adopted
//     rules without tags;
//   - the pages LEDGER#0, LEDGER#1, ... hold the lists, one line an entry. A release writes
//     the pages that change, see arrange.go. The head says which pages count.

// ledgerNames are the attributes of the head that a release writes. Only Freeze and Thaw write
// the attributes frozen and freeze.
var ledgerNames = []string{
	"pages", "writes", "until", "through", "recent", "waiting", "missing", "lapse", "limit", "limitAt", "lost", "due",
	"shard",
	"retires", "forgotten",
	"made", "gone", "cond", "untagged", // of schema version 1, which kept the lists here
}

// maxMarks is how many marks of 8 bytes the head holds. More marks go to the pages. The fast
// path does not read them there, so it starts a round.
const maxMarks = 1000

// encodeLedger returns the attributes of ledgerNames that are not empty in l.
func encodeLedger(l claim.Ledger, pk string, pages int) item {
	it := item{}
	set := func(name string, at time.Time) {
		if !at.IsZero() {
			it[name] = millis(at)
		}
	}
	set("missing", l.Missing)
	set("lapse", l.Unreleased)
	set("until", l.Until)
	set("lost", l.Lost)
	set("retires", l.Retires)
	if len(l.Keys) > 0 {
		it["keys"] = encodeKeys(l.Keys)
	}
	if l.Forgotten > 0 {
		it["forgotten"] = number(l.Forgotten)
	}
	it["writes"] = number(l.Stored.Writes + 1)
	if pages > 0 {
		it["pages"] = number(pages)
	}
	if !l.Limit.At.IsZero() {
		it["limit"], it["limitAt"] = number(l.Limit.Rules), millis(l.Limit.At)
	}
	if !l.Served.Through.IsZero() {
		it["through"] = millis(roundUp(l.Served.Through))
	}
	if !manyMarks(l) {
		if len(l.Served.Recent) > 0 {
			it["recent"] = encodeMarks(l.Served.Recent)
		}
		if len(l.Served.Waiting) > 0 {
			it["waiting"] = encodeMarks(l.Served.Waiting)
		}
	}
	if !l.Due.IsZero() {
		it["due"], it["shard"] = millis(l.Due), shard(pk)
	}
	return it
}

func manyMarks(l claim.Ledger) bool { return len(l.Served.Recent)+len(l.Served.Waiting) > maxMarks }

// roundUp returns the first whole millisecond at t or after. Through must not be rounded down,
// because Recent leaves out requests that were received a margin before it.
func roundUp(t time.Time) time.Time {
	return t.Add(time.Millisecond - time.Nanosecond).Truncate(time.Millisecond)
}

// stored are the items of one group's lease and ledger.
type stored struct {
	table        string // see [Table.home]
	head, ledger item
	pages        map[int]item // by number
}

func (t *Table) stored() *stored { return &stored{table: t.home()} }

// add stores an item. It returns false for an item that belongs neither to the lease nor to
// the ledger.
func (s *stored) add(it item) bool {
	k := keyOf(it)
	switch k.sk {
	case headSK:
		s.head = it
		return true
	case ledgerSK:
		s.ledger = it
		return true
	}
	number, isPage := strings.CutPrefix(k.sk, pagePrefix)
	if !isPage {
		return false
	}
	if n, err := strconv.Atoi(number); err == nil { // else no version of sgkeeper writes this key
		if s.pages == nil {
			s.pages = make(map[int]item)
		}
		s.pages[n] = it
	}
	return true
}

// decode returns the ledger that the items contain.
func (s *stored) decode() (claim.Ledger, error) {
	r := reader{item: s.head}
	l := claim.Ledger{
		Served: claim.Served{Through: r.time("through"), Recent: decodeMarks(&r, "recent"),
			Waiting: decodeMarks(&r, "waiting")},
		Due:        r.time("due"),
		Missing:    r.time("missing"),
		Unreleased: r.time("lapse"),
		Until:      r.time("until"),
		Lost:       r.time("lost"),
		Limit:      claim.Limit{Rules: int(r.number("limit")), At: r.time("limitAt")},
		Frozen:     decodeFreeze(&r, time.Now()),
		Retires:    r.time("retires"), Span: r.text("span"), Forgotten: r.number("forgotten"),
		Stored: claim.Stored{Writes: r.number("writes"), Apart: s.ledger != nil},
	}
	if home := r.text("home"); home != "" && home != s.table {
		l.Forgotten = max(l.Forgotten, r.number("want"), 1) // the table was restored under another name
	}
	decodeKeys(&r, &l)
	decodeVersion1(&r, &l)
	if r.err != nil {
		return claim.Ledger{}, fmt.Errorf("item %s: %w", keyOf(s.head), r.err)
	}
	apart := reader{item: s.ledger}
	apart.version(headVersion)
	l.PendingRevokes = append(l.PendingRevokes, decodePending(&apart)...)
	l.Untagged = append(l.Untagged, decodeUntagged(&apart)...)
	if apart.err != nil {
		return claim.Ledger{}, fmt.Errorf("item %s: %w", keyOf(s.ledger), apart.err)
	}
	if err := decodePages(s.pages, int(r.number("pages")), &l); err != nil {
		return claim.Ledger{}, err
	}
	return l, nil
}

const markSize = 8

func encodeMarks(marks []claim.Mark) types.AttributeValue {
	b := make([]byte, 0, markSize*len(marks))
	for _, m := range marks {
		b = binary.BigEndian.AppendUint64(b, uint64(m))
	}
	return &types.AttributeValueMemberB{Value: b}
}

func decodeMarks(r *reader, name string) []claim.Mark {
	b := r.bytes(name)
	if len(b)%markSize != 0 {
		r.fail("%s: %d bytes are no whole number of marks", name, len(b))
		return nil
	}
	var marks []claim.Mark
	for ; len(b) > 0; b = b[markSize:] {
		marks = append(marks, claim.Mark(binary.BigEndian.Uint64(b)))
	}
	return marks
}
