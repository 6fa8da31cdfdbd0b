package sqs

import (
	"bytes"
	"encoding/json"
)

// failures reads a partial batch response: the ids of the messages that
// failed. An answer that is empty, null or without batchItemFailures means that
// all succeeded. One that is not JSON, has another shape, an empty id, or the
// id of no message of the batch means that all failed [Lambda's guide,
// "Handling errors for an SQS event source"]. Keys count in their exact case.
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
