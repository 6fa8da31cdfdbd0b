package main

import (
	"errors"
	"io"
	"os"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/awscli"
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

// groups reads groups and their rules from an output of the AWS CLI. The list is complete if it
// would show a group without rules.
func (s *source) groups(file string) (groups []awscli.Group, complete bool, err error) {
	data, err := s.read(file)
	if err != nil {
		return nil, false, err
	}
	return awscli.ReadGroups(data)
}
