package pattern

import (
	"bytes"
	"encoding/json"
)

// A node is a JSON value that keeps the order and the repeats of an object's keys, because
// both matter.
type node struct {
	kind  byte     // '{' '[' '"', '0' for a number, 't' for true and false, 'n' for null
	text  string   // a string's content, a number as written, true, false or null
	keys  []string // of an object
	items []node   // of an object or array
	end   int      // the position in the source after the value
}

// readTree reads one JSON value. Its error is a *json.SyntaxError.
func readTree(src []byte) (node, error) {
	var whole json.RawMessage
	if err := json.Unmarshal(src, &whole); err != nil { // also bounds the depth
		return node{}, err
	}
	d := json.NewDecoder(bytes.NewReader(src))
	d.UseNumber()
	return readNode(d)
}

func readNode(d *json.Decoder) (node, error) {
	token, err := d.Token()
	if err != nil {
		return node{}, err
	}
	n := scalar(token)
	for n.kind == '{' && d.More() {
		key, err := d.Token()
		if err != nil {
			return node{}, err
		}
		n.keys = append(n.keys, key.(string)) // valid JSON: a key is a string
		if err := n.readItem(d); err != nil {
			return node{}, err
		}
	}
	for n.kind == '[' && d.More() {
		if err := n.readItem(d); err != nil {
			return node{}, err
		}
	}
	if n.kind == '{' || n.kind == '[' {
		_, err = d.Token() // the closing delimiter
	}
	n.end = int(d.InputOffset())
	return n, err
}

func (n *node) readItem(d *json.Decoder) error {
	item, err := readNode(d)
	n.items = append(n.items, item)
	return err
}

func scalar(token json.Token) node {
	switch t := token.(type) {
	case json.Delim:
		return node{kind: byte(t)}
	case string:
		return node{kind: '"', text: t}
	case json.Number:
		return node{kind: '0', text: t.String()}
	case bool:
		if t {
			return node{kind: 't', text: "true"}
		}
		return node{kind: 't', text: "false"}
	default:
		return node{kind: 'n', text: "null"}
	}
}
