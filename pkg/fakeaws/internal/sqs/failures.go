package sqs

import (
	"bytes"
	"encoding/json"
)

// failures returns the ids of the messages that failed, from a partial batch response. If the
// answer is empty, null or without batchItemFailures, all succeeded. If it is not JSON, has
// another shape, or has an empty or unknown id, all failed. Keys are case-sensitive. Source:
// Lambda's guide, "Handling errors for an SQS event source".
func failures(answer []byte, batch []received) map[string]bool {
	all := make(map[string]bool)
	for _, m := range batch {
		all[m.id] = true
	}
	items, ok := failedItems(answer)
	if !ok {
		return all
	}
	failed := make(map[string]bool)
	for _, item := range items {
		var id string
		if json.Unmarshal(item["itemIdentifier"], &id) != nil || !all[id] {
			return all
		}
		failed[id] = true
	}
	return failed
}

func failedItems(answer []byte) (items []map[string]json.RawMessage, ok bool) {
	if len(bytes.TrimSpace(answer)) == 0 {
		return nil, true
	}
	var response map[string]json.RawMessage
	if json.Unmarshal(answer, &response) != nil {
		return nil, false
	}
	list, ok := response["batchItemFailures"]
	if !ok {
		return nil, true
	}
	return items, json.Unmarshal(list, &items) == nil
}
