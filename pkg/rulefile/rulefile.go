// Package rulefile reads the files that people write about rules, such as guardrails and
// exceptions. They are strict YAML, which includes JSON. A rule in them has the form of a rule
// in a launch's event, and the same decoder reads it.
//
// Files are hostile input. Their size and depth are limited. Anchors and aliases are refused,
// because a few of them can expand to a huge file. A reader continues after a fault, so it
// reports all faults of a file at once. Each fault names the line, the JSON Pointer, the value
// found and the values allowed.
package rulefile

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// maxFaults is the number of faults listed for a file.
const maxFaults = 100

type file struct {
	name   string // the kind of file, for errors
	faults []error
	beyond int // faults counted but not kept
}

// Read reads a file of at most the given number of bytes, and calls use with its root. The
// error joins all faults that use records. The root of an empty file is absent.
func Read(name string, data []byte, most int, use func(root Node)) error {
	f := &file{name: name}
	if len(data) > most {
		return fmt.Errorf("%s: %d bytes: want at most %d", name, len(data), most)
	}
	root, err := parse(data)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	n := Node{file: f, yaml: root}
	if n.plain() {
		use(n)
	}
	if f.beyond > 0 {
		f.faults = append(f.faults, fmt.Errorf("%d more faults are not listed", f.beyond))
	}
	if len(f.faults) > 0 {
		return fmt.Errorf("%s: %w", name, errors.Join(f.faults...))
	}
	return nil
}

// parse returns the root of the one document in data, or nil if data is empty.
func parse(data []byte) (*yaml.Node, error) {
	var doc, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("not YAML: %w", err)
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("found a second document, or text that is not YAML: want one document")
	}
	return doc.Content[0], nil
}

func (f *file) fault(err error) {
	if len(f.faults) == maxFaults {
		f.beyond++
		return
	}
	f.faults = append(f.faults, err)
}
