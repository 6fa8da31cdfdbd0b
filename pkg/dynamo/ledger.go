package dynamo

import (
	"encoding/binary"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
)

// ledgerNames are the attributes that a ledger is kept in.
var ledgerNames = []string{"made", "through", "recent", "due", "shard"}

// encodeLedger returns the attributes that hold l, those of ledgerNames but
// for what is empty.
func encodeLedger(l claim.Ledger, pk string) item {
	it := item{}
	if len(l.Made) > 0 {
		it["made"] = list(l.Made, encodeMade)
	}
	if !l.Served.Through.IsZero() {
		it["through"] = millis(roundUp(l.Served.Through))
	}
	if len(l.Served.Recent) > 0 {
		it["recent"] = encodeMarks(l.Served.Recent)
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
		Made:   elements(r, "made", decodeMade),
		Served: claim.Served{Through: r.time("through"), Recent: decodeMarks(r)},
		Due:    r.time("due"),
	}
}

func encodeMade(m claim.Made) item {
	return item{"rule": text(m.Rule.String()), "id": text(m.ID), "at": millis(m.At)}
}

func decodeMade(r *reader) claim.Made {
	return claim.Made{Rule: decodeRule(r), ID: r.text("id"), At: r.time("at")}
}

const markSize = 8

func encodeMarks(marks []claim.Mark) types.AttributeValue {
	b := make([]byte, 0, markSize*len(marks))
	for _, m := range marks {
		b = binary.BigEndian.AppendUint64(b, uint64(m))
	}
	return &types.AttributeValueMemberB{Value: b}
}

func decodeMarks(r *reader) []claim.Mark {
	b := r.bytes("recent")
	if len(b)%markSize != 0 {
		r.fail("recent: %d bytes are no whole number of marks", len(b))
		return nil
	}
	var marks []claim.Mark
	for ; len(b) > 0; b = b[markSize:] {
		marks = append(marks, claim.Mark(binary.BigEndian.Uint64(b)))
	}
	return marks
}
