package sqs

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// decode reads an input. A member that is not modelled is refused by name:
// AWS would obey it, and to ignore it here would hide that.
func decode(input []byte, into any) error {
	if len(bytes.TrimSpace(input)) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(input))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		return nil
	}
	message := strings.TrimPrefix(err.Error(), "json: ")
	if strings.HasPrefix(message, "unknown field") {
		return unsupported("The embedded SQS does not model this member: %s.", message)
	}
	return &api.Error{Code: "SerializationException", Message: message}
}

// encode writes an output the way AWS does: without escaping <, > and &.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
