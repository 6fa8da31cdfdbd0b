// Package rulefile reads the files that people write about rules, such as
// guardrails and exceptions: YAML, of which JSON is a part, read strictly. In them
// a rule is written as in a launch's event, and read by the same decoder.
//
// A file is hostile until it is read: its size and depth are limited, and anchors
// and aliases are refused, since a few of them write a great deal. A reader goes on
// after a fault, so that all of a file are known at once; each names the line, the
// JSON Pointer of the place, what was found and what is wanted.
package rulefile

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// maxFaults is how many faults of a file are listed.
const maxFaults = 100

// file is one file as it is read.
type file struct {
	name   string // what the file is, for its errors
	faults []error
	beyond int // faults that were counted but not kept
}

// Read reads a file of at most the given bytes and hands its root to use. Its
// error joins all faults that use found. The root of an empty file is absent.
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

// parse returns the root of the one document that data is; nil of an empty one.
func parse(data []byte) (*yaml.Node, error) {
	var doc, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("no YAML: %w", err)
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("found a second YAML document, or what is none: want one")
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
