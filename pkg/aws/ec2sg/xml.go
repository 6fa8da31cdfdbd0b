package ec2sg

import (
	"bytes"
	"errors"
	"strconv"
	"unicode/utf8"
)

// elements reads the XML of an answer of EC2, several times as fast as encoding/xml. It knows the part of
// XML that EC2 writes: elements, texts, entities and character references. It ignores attributes.
// err says that the text has anything else.
type elements struct {
	text  []byte
	at    int
	empty bool // the element that was entered has the form <name/>
	err   error
}

var errXML = errors.New("the XML has an unusual form")

// elementsOf returns the elements of a text.
func elementsOf(text []byte) *elements {
	x := &elements{text: text}
	if !utf8.Valid(text) || bytes.IndexByte(text, '\r') >= 0 {
		x.fail()
	}
	if bytes.HasPrefix(text, []byte("<?xml ")) {
		x.until("?>")
	}
	return x
}

func (x *elements) fail() {
	if x.err == nil {
		x.err = errXML
	}
	x.at = len(x.text)
}

// until returns the text up to a mark, and goes on behind the mark.
func (x *elements) until(mark string) []byte {
	n := bytes.Index(x.text[x.at:], []byte(mark))
	if n < 0 {
		x.fail()
		return nil
	}
	found := x.text[x.at : x.at+n]
	x.at += n + len(mark)
	return found
}

// next enters the next element within the current one, and returns its name. If there is none, it
// leaves the current element, and ok is false.
func (x *elements) next() (name []byte, ok bool) {
	if x.empty {
		x.empty = false
		return nil, false
	}
	if x.until("<"); x.err != nil || x.at == len(x.text) {
		x.fail()
		return nil, false
	}
	tag := x.until(">")
	switch {
	case len(tag) == 0 || tag[0] == '!' || tag[0] == '?':
		x.fail()
		return nil, false
	case tag[0] == '/':
		return nil, false
	case bytes.HasSuffix(tag, []byte("/")):
		x.empty, tag = true, tag[:len(tag)-1]
	}
	if n := bytes.IndexAny(tag, " \t\n"); n >= 0 {
		if bytes.Count(tag, []byte(`"`))%2 != 0 { // an attribute that contains >
			x.fail()
		}
		tag = tag[:n]
	}
	return tag, true
}

// skip leaves the current element.
func (x *elements) skip() {
	for depth := 1; depth > 0; {
		if _, ok := x.next(); ok {
			depth++
		} else {
			depth--
		}
		if x.err != nil {
			return
		}
	}
}

// value returns the text of the current element, and leaves it.
func (x *elements) value() string {
	if x.empty {
		x.empty = false
		return ""
	}
	text := x.until("<")
	if end := x.until(">"); len(end) == 0 || end[0] != '/' {
		x.fail()
		return ""
	}
	if bytes.IndexByte(text, '&') < 0 {
		return string(text)
	}
	return x.unescaped(text)
}

var entities = map[string]string{"lt": "<", "gt": ">", "amp": "&", "quot": `"`, "apos": "'"}

func (x *elements) unescaped(text []byte) string {
	var b bytes.Buffer
	for {
		before, rest, found := bytes.Cut(text, []byte("&"))
		if b.Write(before); !found {
			return b.String()
		}
		name, rest, found := bytes.Cut(rest, []byte(";"))
		switch c, known := entities[string(name)]; {
		case !found:
			x.fail()
		case known:
			b.WriteString(c)
		case bytes.HasPrefix(name, []byte("#")):
			b.WriteRune(x.character(string(name[1:])))
		default:
			x.fail()
		}
		if text = rest; x.err != nil {
			return ""
		}
	}
}

// character returns the character of a reference such as 38 or x26.
func (x *elements) character(digits string) rune {
	base := 10
	if len(digits) > 0 && digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 31)
	if c := rune(n); err == nil && c != 0 && utf8.ValidRune(c) {
		return c
	}
	x.fail()
	return 0
}
