package awscli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// errPage is the remedy if an output is only a page.
var errPage = errors.New("run the command again without --max-items, --max-results, --starting-token and " +
	"--no-paginate, so that the output has all of them")

// jsonObject returns data without its byte order mark, if it is one JSON object. Otherwise the
// error names the format, because a shell may have written another one, and the command.
func jsonObject(data []byte, command error) ([]byte, error) {
	documents, err := documentsOf(data, command)
	switch {
	case err != nil:
		return nil, err
	case documents[0][0] == '[':
		return nil, fmt.Errorf("%w: %w", errArray, command)
	case len(documents) > 1:
		return nil, fmt.Errorf("found %d documents: want one: %w", len(documents), command)
	}
	return documents[0], nil
}

var errArray = errors.New("found a JSON array (--query makes one)")

// split returns the objects of an output: one or more, one after the other or in a list.
func split(output []byte) (objects []json.RawMessage, err error) {
	documents, err := documentsOf(output, errCommand)
	if err != nil {
		return nil, err
	}
	for _, d := range documents {
		if d[0] != '[' {
			objects = append(objects, d)
			continue
		}
		var list []json.RawMessage
		if err := json.Unmarshal(d, &list); err != nil {
			return nil, err
		}
		for _, element := range list {
			if !isOutput(element) {
				return nil, fmt.Errorf("%w: %w", errArray, errCommand)
			}
		}
		if len(list) == 0 {
			return nil, fmt.Errorf("%w: %w", errArray, errCommand)
		}
		objects = append(objects, list...)
	}
	return objects, nil
}

// isOutput reports whether an element of a list is the output of a command, as jq -s makes it.
func isOutput(element []byte) bool {
	d, err := decode[map[string]json.RawMessage](element)
	return err == nil && (d["SecurityGroupRules"] != nil || d["SecurityGroups"] != nil || d["PrefixLists"] != nil)
}

// documentsOf returns the JSON documents of data, of which there is at least one.
func documentsOf(data []byte, command error) (documents []json.RawMessage, err error) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if err := otherFormat(bytes.TrimSpace(data)); err != nil {
		return nil, fmt.Errorf("%w: %w", err, command)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	for {
		var d json.RawMessage
		err := decoder.Decode(&d)
		if err == io.EOF {
			return documents, nil
		}
		if err != nil {
			at := len(bytes.TrimRight(data, "\r\n"))
			if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
				at = min(at, int(wrong.Offset))
			}
			line := 1 + bytes.Count(data[:at], []byte("\n"))
			return nil, fmt.Errorf("not a whole JSON document, at line %d: %w", line, err)
		}
		documents = append(documents, d)
	}
}

// otherFormat returns an error that names the format of data, or nil if data starts like a JSON
// object or array.
func otherFormat(data []byte) error {
	switch {
	case len(data) == 0:
		return errors.New("found nothing")
	case bytes.HasPrefix(data, []byte("\xFF\xFE")), bytes.HasPrefix(data, []byte("\xFE\xFF")),
		bytes.HasPrefix(data, []byte("{\x00")):
		return errors.New("found UTF-16 (PowerShell's > writes it; use | Out-File -Encoding utf8)")
	case !utf8.Valid(data):
		return errors.New("found bytes that are not UTF-8 text")
	case data[0] == '{', data[0] == '[':
		return nil
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
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return x, secgroup.WrongType(wrong)
	}
	return x, err
}
