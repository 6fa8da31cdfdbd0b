package eventbus

import "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

// What one PutEvents takes.
const (
	maxEntries = 10
	maxBytes   = 256_000 // 256 KB by the long-standing quota, of all entries together; the SDK's 1 MB is newer
)

// chunks cuts entries, in their order, into such as one request takes. One
// that is too large by itself goes alone, for the bus to refuse.
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

// size is what an entry counts, by "Calculating PutEvents event entry size" in
// the EventBridge user guide.
func size(e types.PutEventsRequestEntry) int {
	return len(*e.Source) + len(*e.DetailType) + len(*e.Detail)
}
