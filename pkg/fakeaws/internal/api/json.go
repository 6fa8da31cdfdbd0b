package api

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Decode reads an input of AWS JSON into into. An empty input changes nothing. If into lacks a
// member of the input, Decode returns the error of unmodelled: AWS would obey the member, so
// it must not be ignored.
func Decode(input []byte, into any, unmodelled func(member string) error) error {
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
		return unmodelled(message)
	}
	return &Error{Code: "SerializationException", Message: message}
}

// Encode writes an output as AWS does, without escaping <, > and &.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
