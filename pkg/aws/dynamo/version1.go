package dynamo

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// decodeVersion1 reads the lists that schema version 1 kept on the head. The next
// release moves them to the pages:
//
//	made      L of M: rule S, id S, at ms, seen BOOL or absent
//	gone      M of rule id to ms of its revocation
//	cond      SS of rule ids, those of egress after "egress "
//	untagged  SS of <rule id> <seal> <s, in base 36>
func decodeVersion1(r *reader, l *claim.Ledger) {
	l.Made = elements(r, "made", func(r *reader) claim.Made {
		return claim.Made{Rule: decodeRule(r), ID: r.text("id"), At: r.time("at"), Described: r.has("seen")}
	})
	if m, ok := member[*types.AttributeValueMemberM](r, "gone"); ok {
		times := reader{item: m.Value}
		for _, id := range slices.Sorted(maps.Keys(m.Value)) {
			l.Revoked = append(l.Revoked, claim.Revoked{ID: id, At: times.time(id)})
		}
		if times.err != nil {
			r.fail("gone: %w", times.err)
		}
	}
	l.PendingRevokes = decodePending(r)
	l.Untagged = decodeUntagged(r)
}
