package dynamo

import (
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
)

// ledgerNames are the attributes that a release writes the ledger to. A group is
// frozen by others.
var ledgerNames = []string{"made", "gone", "cond", "untagged", "through", "recent", "waiting", "missing", "lapse", "limit", "limitAt", "due", "shard"}

// encodeLedger returns the attributes that hold l, those of ledgerNames but
// for what is empty.
func encodeLedger(l claim.Ledger, pk string) item {
	it := item{}
	if len(l.Made) > 0 {
		it["made"] = list(l.Made, encodeMade)
	}
	if len(l.Gone) > 0 {
		it["gone"] = encodeGone(l.Gone)
	}
	if len(l.PendingRevokes) > 0 {
		it["cond"] = encodePending(l.PendingRevokes)
	}
	if len(l.Untagged) > 0 {
		it["untagged"] = encodeUntagged(l.Untagged)
	}
	if !l.Missing.IsZero() {
		it["missing"] = millis(l.Missing)
	}
	if !l.Lapse.IsZero() {
		it["lapse"] = millis(l.Lapse)
	}
	if !l.Limit.At.IsZero() {
		it["limit"], it["limitAt"] = number(l.Limit.Rules), millis(l.Limit.At)
	}
	if !l.Served.Through.IsZero() {
		it["through"] = millis(roundUp(l.Served.Through))
	}
	if len(l.Served.Recent) > 0 {
		it["recent"] = encodeMarks(l.Served.Recent)
	}
	if len(l.Served.Waiting) > 0 {
		it["waiting"] = encodeMarks(l.Served.Waiting)
	}
	if !l.Due.IsZero() {
		it["due"], it["shard"] = millis(l.Due), shard(pk)
	}
	return it
}

// roundUp returns the first whole millisecond at t or after. Through must not
// be rounded down: Recent leaves out what was received a margin before it.
func roundUp(t time.Time) time.Time {
	return t.Add(time.Millisecond - time.Nanosecond).Truncate(time.Millisecond)
}

func decodeLedger(r *reader) claim.Ledger {
	return claim.Ledger{
		Made:           elements(r, "made", decodeMade),
		Gone:           decodeGone(r),
		PendingRevokes: decodePending(r),
		Untagged:       decodeUntagged(r),
		Served:         claim.Served{Through: r.time("through"), Recent: decodeMarks(r, "recent"), Waiting: decodeMarks(r, "waiting")},
		Due:            r.time("due"),
		Missing:        r.time("missing"),
		Lapse:          r.time("lapse"),
		Limit:          claim.Limit{Rules: int(r.number("limit")), At: r.time("limitAt")},
		Frozen:         r.text("frozen"),
	}
}

func encodeMade(m claim.Made) item {
	it := item{"rule": text(m.Rule.String()), "id": text(m.ID), "at": millis(m.At)}
	if m.Described {
		it["seen"] = &types.AttributeValueMemberBOOL{Value: true}
	}
	if m.Listed {
		it["listed"] = &types.AttributeValueMemberBOOL{Value: true}
	}
	return it
}

func decodeMade(r *reader) claim.Made {
	return claim.Made{Rule: decodeRule(r), ID: r.text("id"), At: r.time("at"), Described: r.has("seen"), Listed: r.has("listed")}
}

func encodeGone(gone []claim.Gone) types.AttributeValue {
	it := item{}
	for _, g := range gone {
		it[g.ID] = millis(g.At)
	}
	return &types.AttributeValueMemberM{Value: it}
}

// decodeGone returns the gone rules in order of their ids.
func decodeGone(r *reader) []claim.Gone {
	m, ok := member[*types.AttributeValueMemberM](r, "gone")
	if !ok {
		return nil
	}
	times := reader{item: m.Value}
	var gone []claim.Gone
	for _, id := range slices.Sorted(maps.Keys(m.Value)) {
		gone = append(gone, claim.Gone{ID: id, At: times.time(id)})
	}
	if times.err != nil {
		r.fail("gone: %w", times.err)
	}
	return gone
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
