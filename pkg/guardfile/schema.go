package guardfile

import (
	_ "embed"
	"encoding/json"
	"io/fs"

	"github.com/sgkeeper/sgkeeper/events"
)

//go:embed schema/guardrails.json
var schema []byte

// Schema returns the JSON Schema (2020-12) of a guardrails file. It includes the schema of an
// event's rules, so that it needs no other file.
func Schema() ([]byte, error) {
	rule, err := fs.ReadFile(events.Schemas(), "rule.json")
	if err != nil {
		return nil, err
	}
	var document map[string]json.RawMessage
	if err := json.Unmarshal(schema, &document); err != nil {
		return nil, err
	}
	var defs map[string]json.RawMessage
	if err := json.Unmarshal(document["$defs"], &defs); err != nil {
		return nil, err
	}
	defs["event"] = rule
	if document["$defs"], err = json.Marshal(defs); err != nil {
		return nil, err
	}
	return json.MarshalIndent(document, "", "  ")
}
