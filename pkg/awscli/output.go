package awscli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"unicode/utf8"
)

// errPage is the remedy if an output is only a page.
var errPage = errors.New("run the command again without --max-items, --max-results, --starting-token and " +
	"--no-paginate, so that the output has all of them")

// jsonObject returns data without its byte order mark, if it is one JSON object. Otherwise the
// error names the format, because a shell may have written another one, and the command.
func jsonObject(data []byte, command error) ([]byte, error) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if err := otherFormat(bytes.TrimSpace(data)); err != nil {
		return nil, fmt.Errorf("%w: %w", err, command)
	}
	var object json.RawMessage
	err := json.Unmarshal(data, &object)
	if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
		line := 1 + bytes.Count(data[:min(int(wrong.Offset), len(data))], []byte("\n"))
		return nil, fmt.Errorf("not a whole JSON document, at line %d: %w", line, err)
	}
	return data, err
}

// otherFormat returns an error that names the format of data, or nil if data starts like a
// JSON object.
func otherFormat(data []byte) error {
	switch {
	case len(data) == 0:
		return errors.New("found nothing")
	case bytes.HasPrefix(data, []byte("\xFF\xFE")), bytes.HasPrefix(data, []byte("\xFE\xFF")),
		bytes.HasPrefix(data, []byte("{\x00")):
		return errors.New("found UTF-16 (PowerShell's > writes it; use | Out-File -Encoding utf8)")
	case !utf8.Valid(data):
		return errors.New("found bytes that are not UTF-8 text")
	case data[0] == '{':
		return nil
	case data[0] == '[':
		return errors.New("found a JSON array (--query makes one)")
	case bytes.HasPrefix(data, []byte("---")), data[0] == '|', data[0] == '+':
		return errors.New("found a table (--output table)")
	case bytes.HasPrefix(data, []byte("SECURITYGROUP")):
		return errors.New("found tab-separated text (--output text)")
	case bytes.HasPrefix(data, []byte("SecurityGroup")), bytes.HasPrefix(data, []byte("- ")):
		return errors.New("found YAML (--output yaml)")
	}
	return fmt.Errorf("found %.20q: want a JSON object", data)
}

// decode reads a JSON object. If a value has the wrong type, the error names its key.
func decode[T any](data []byte) (x T, err error) {
	if string(data) == "null" {
		return x, errors.New("want an object, found null")
	}
	err = json.Unmarshal(data, &x)
	wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case !ok:
		return x, err
	case wrong.Field == "":
		return x, fmt.Errorf("want an object, found %s", wrong.Value)
	}
	want := map[reflect.Kind]string{reflect.Slice: "a list", reflect.Struct: "an object"}[wrong.Type.Kind()]
	return x, fmt.Errorf("%s: want %s, found %s", wrong.Field, cmp.Or(want, "a string"), wrong.Value)
}
