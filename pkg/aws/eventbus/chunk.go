package eventbus

import "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

// The limits of one PutEvents call.
const (
	maxEntries = 10
	maxBytes   = 256_000 // of all entries (EventBridge quotas); newer texts of the SDK say 1 MB
)

// chunks divides entries, in order, into requests. An entry that is too large goes alone, and
// the bus refuses it.
func chunks(entries []types.PutEventsRequestEntry) [][]types.PutEventsRequestEntry {
	var chunks [][]types.PutEventsRequestEntry
	start, bytes := 0, 0
	for i, e := range entries {
		if i > start && (i-start == maxEntries || bytes+size(e) >= maxBytes) {
			chunks = append(chunks, entries[start:i])
			start, bytes = i, 0
		}
		bytes += size(e)
	}
	if start < len(entries) {
		chunks = append(chunks, entries[start:])
	}
	return chunks
}

// size returns an entry's size by the rule in "Calculating PutEvents event entry size" in the
// EventBridge user guide.
func size(e types.PutEventsRequestEntry) int {
	return len(*e.Source) + len(*e.DetailType) + len(*e.Detail)
}
