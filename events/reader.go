package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// These are the limits of a payload. An event has at most 1 MiB, the limit of EventBridge and
// SQS. A request of [MaxRules] has a few thousand values. Only an SQS batch is larger: Lambda
// accepts 6 MB a call.
const (
	maxEventBytes   = 1 << 20
	maxPayloadBytes = 6 << 20
	maxDepth        = 32
	maxValues       = 1 << 18
)

var (
	errUTF8   = errors.New("it is not UTF-8")
	errEmpty  = errors.New("it is empty")
	errCut    = errors.New("it ends too soon")
	errMore   = errors.New("found more text after its end")
	errDepth  = fmt.Errorf("it nests deeper than %d levels", maxDepth)
	errValues = fmt.Errorf("it holds more than %d values", maxValues)
)

// parse reads one JSON value within the limits.
func parse(data []byte) (value, error) {
	if !utf8.Valid(data) {
		return value{}, errUTF8
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return value{}, errEmpty
	}
	r := reader{tokens: json.NewDecoder(bytes.NewReader(data))}
	r.tokens.UseNumber()
	v, err := r.value()
	if err != nil {
		return value{}, err
	}
	if _, err := r.tokens.Token(); err != io.EOF {
		return value{}, errMore
	}
	return v, nil
}

// reader builds values from tokens. It recurses no deeper than maxDepth.
type reader struct {
	tokens *json.Decoder
	depth  int
	values int
}

func (r *reader) value() (value, error) {
	token, err := r.token()
	if err != nil {
		return value{}, err
	}
	if r.values++; r.values > maxValues {
		return value{}, errValues
	}
	switch t := token.(type) {
	case json.Delim:
		return r.nested(t)
	case string:
		return value{kind: text, text: t}, nil
	case json.Number:
		return value{kind: number, text: t.String()}, nil
	case bool:
		return value{kind: boolean, text: strconv.FormatBool(t)}, nil
	}
	return value{}, nil
}

// nested reads a list or an object, after its opening bracket.
func (r *reader) nested(open json.Delim) (v value, err error) {
	if r.depth++; r.depth > maxDepth {
		return value{}, errDepth
	}
	v.kind = list
	if open == '{' {
		v.kind = object
	}
	for r.tokens.More() {
		if err := r.element(&v); err != nil {
			return value{}, err
		}
	}
	r.depth--
	_, err = r.token() // the closing bracket
	return v, err
}

func (r *reader) element(v *value) error {
	var key string
	if v.kind == object {
		token, err := r.token()
		if err != nil {
			return err
		}
		key, _ = token.(string) // the decoder allows no other key
	}
	child, err := r.value()
	if err != nil {
		return err
	}
	if v.kind == object {
		v.members = append(v.members, member{key, child})
	} else {
		v.list = append(v.list, child)
	}
	return nil
}

func (r *reader) token() (json.Token, error) {
	token, err := r.tokens.Token()
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil, errCut
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return nil, fmt.Errorf("%w, at byte %d", syntax, r.tokens.InputOffset())
	}
	return token, err
}
