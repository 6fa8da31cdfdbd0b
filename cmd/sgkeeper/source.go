package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// source reads the files of flags; - is standard input, once.
type source struct {
	stdin io.Reader
	used  bool
}

func (s *source) read(file string) ([]byte, error) {
	if file != "-" {
		return os.ReadFile(file)
	}
	if s.used {
		return nil, errors.New("standard input can be read only once")
	}
	s.used = true
	return io.ReadAll(s.stdin)
}

// events reads a file of events.
func (s *source) events(file string) ([]events.Message, error) {
	data, err := s.read(file)
	if err != nil {
		return nil, err
	}
	return events.Decoder{}.DecodeFile(data)
}

// groups reads the rules of groups. The list is complete if it would show a group without
// rules.
func (s *source) groups(file string) (groups []secgroup.Snapshot, complete bool, err error) {
	data, err := s.read(file)
	if err != nil {
		return nil, false, err
	}
	groups, err = secgroup.ReadGroups(bytes.NewReader(data))
	var document struct{ SecurityGroups json.RawMessage }
	complete = json.Unmarshal(bytes.TrimPrefix(data, []byte("\ufeff")), &document) == nil && document.SecurityGroups != nil
	return groups, complete, err
}
