package events

import "strconv"

// kind is a kind of JSON value.
type kind uint8

const (
	null kind = iota
	boolean
	number
	text
	list
	object
)

// value is a JSON value as written. An object keeps the order and the repeats of its members,
// which encoding/json would drop.
type value struct {
	kind    kind
	text    string   // a text's characters, a number's or a boolean's literal
	list    []value  // a list's elements
	members []member // an object's
}

type member struct {
	key   string
	value value
}

// get returns the first member of that key.
func (v value) get(key string) (value, bool) {
	for _, m := range v.members {
		if m.key == key {
			return m.value, true
		}
	}
	return value{}, false
}

// word returns the text of the member with that key, or "" if it is no text.
func (v value) word(key string) string {
	m, _ := v.get(key)
	if m.kind != text {
		return ""
	}
	return m.text
}

// integer returns the whole number of v, in plain digits with at most a fraction of zeros: 6
// and 6.0, but not 6e0.
func (v value) integer() (n int, ok bool) {
	whole, plain := cutZeros(v.text)
	if v.kind != number || !plain || len(whole) > 7 {
		return 0, false
	}
	n, err := strconv.Atoi(whole)
	return n, err == nil
}

// cutZeros returns a number's literal without a fraction of zeros. For any other fraction, ok
// is false.
func cutZeros(literal string) (whole string, ok bool) {
	for i, c := range []byte(literal) {
		if c != '.' {
			continue
		}
		for _, c := range []byte(literal[i+1:]) {
			if c != '0' {
				return "", false
			}
		}
		return literal[:i], true
	}
	return literal, true
}

// String describes the value for a fault.
func (v value) String() string {
	switch v.kind {
	case null:
		return "null"
	case boolean:
		return v.text
	case number:
		return "the number " + abbreviate(v.text, maxQuoted)
	case text:
		return "the text " + quote(v.text)
	case list:
		return "a list"
	}
	return "an object"
}
